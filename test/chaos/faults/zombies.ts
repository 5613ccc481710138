/**
 * A process that is paused (SIGSTOP) past its session's end, so that another takes over its partitions, and wakes up as a zombie in mid-work: what it
 * still holds must not count.
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { Fault } from '../fault.ts'

const RATE = 400
/** The session's 6 s, and the rebalance after it. */
const PAUSE_MS = 9_000

export const zombies: Fault = {
  name: 'zombies',
  about: 'one of two processes is paused past its session, and wakes up after the other has taken over and gone on',
  cycles: 4,
  async run({ cycles, random, bed: makeBed }) {
    const bed = await makeBed()
    await bed.produce(2_000)
    const flow = bed.flow(RATE)
    const members = [await bed.start(), await bed.start()] as const
    for (let i = 0; i < cycles; i++) {
      await delay(random.between(500, 4_000))
      const sleeper = members[i % 2] as (typeof members)[0] // one of two
      sleeper.pause()
      await delay(PAUSE_MS + random.between(0, 3_000))
      sleeper.resume()
    }
    await flow.stop()
    const outcome = await bed.conclude()
    for (const member of members) member.assertAlive()
    return outcome
  },
}
