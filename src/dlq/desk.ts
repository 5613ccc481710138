/** The desk at which dead letters are looked at, sent again and thrown away: a letter box, and the rules of now. */
import type { DeadLetterDesk } from '../store/dead-letter.ts'
import { Judge, type JudgeOptions } from './judge.ts'
import type { LetterBox } from './letter-box.ts'
import { replay } from './replay.ts'

export function createDesk(box: LetterBox, options: JudgeOptions): DeadLetterDesk {
  const judge = new Judge(options)
  const { maxLetterBytes } = options.settings.limits
  /** Replays of this process, one after the other: only those of others are to be fenced. */
  let last: Promise<unknown> = Promise.resolve()
  return {
    letters: (query) => box.letters(query),
    letter: (id) => box.letter(id),
    purge: (filter, signal) => box.purge(filter, signal),
    replay: (filter, { limit, after, signal }) => {
      const done = last.then(async () =>
        replay({ session: await box.open({ filter, limit, after }, signal), judge, now: options.now, maxLetterBytes, signal }),
      )
      last = done.catch(() => {}) // told to its own caller
      return done
    },
    close: async () => {
      await last
      await box.close()
    },
  }
}
