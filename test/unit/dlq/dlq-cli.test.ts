/** `tracefold dlq` on a terminal. */
import { describe, expect, test } from 'vitest'
import { Command } from 'commander'
import { z } from 'zod'
import { letterAnswer, letterRow } from '../../../src/api/letter-schemas.ts'
import { registerDlq } from '../../../src/cli/dlq.ts'
import type { DeadLetter, DeadLetterDesk, ReplayReport } from '../../../src/store/dead-letter.ts'
import { aLetter } from '../../support/builders.ts'
import { capturedIo, NOW } from '../cli/captured-io.ts'

const REPORT: ReplayReport = {
  letters: 3,
  replayed: 2,
  events: 7,
  failedAgain: 1,
  waiting: 0,
  unclear: 0,
  fromCopy: 0,
  fromCutCopy: 0,
  refusedEvents: 0,
  expiredEvents: 0,
  next: null,
}

async function run(
  words: readonly string[],
  over: { letters?: readonly DeadLetter[]; reports?: readonly ReplayReport[] } = {},
): Promise<{ out: string; err: string; asked: unknown[][] }> {
  const io = capturedIo()
  const asked: unknown[][] = []
  const reports = [...(over.reports ?? [REPORT])]
  const desk: DeadLetterDesk = {
    letters: async (query) => (asked.push(['letters', query]), [...(over.letters ?? [])]),
    letter: async (id) => (over.letters ?? []).find((letter) => letter.id === id) ?? null,
    replay: async (filter, { after }) => (asked.push(['replay', filter, after]), reports.shift() ?? REPORT),
    purge: async (filter) => (asked.push(['purge', filter]), 4),
    close: async () => void asked.push(['close']),
  }
  const program = new Command('tracefold').exitOverride().configureOutput({ writeErr: () => {} })
  registerDlq(program, io, () => desk)
  await program.parseAsync(['dlq', ...words], { from: 'user' })
  return { out: io.out(), err: io.err(), asked }
}

describe('list', () => {
  test('asks for what is named, and shows a line for each', async () => {
    const { out, asked } = await run(['list', '--reason', 'too_large', '--from', '-1h', '--offset', '5-', '--partition', '2'], {
      letters: [aLetter({ reason: 'too_large', detail: '12 bytes\u001b[2J', job: 'orders' })],
    })
    expect(asked).toEqual([
      ['letters', { reason: 'too_large', fromMs: NOW - 3_600_000, fromOffset: 5, partition: 2, limit: 51 }],
      ['close'],
    ])
    expect(out).toContain('too_large')
    expect(out).toContain('orders')
    expect(out).not.toContain('\u001b')
  })

  test('as JSON keeps every letter whole, in the shape of the API', async () => {
    const letters = [aLetter({ body: Buffer.from([0xff, 0xfe]), day: '2026-03-01', outOf: 2, branches: ['detail'] })]
    const list = z.array(letterRow.strict()).parse(JSON.parse((await run(['list', '--json'], { letters })).out))
    expect(list).toMatchObject([{ reason: 'not_json', topic: 'error-logs', body_encoding: 'base64' }])
  })

  test('says where there are more than it shows', async () => {
    const letters = Array.from({ length: 3 }, (_, offset) => aLetter({ offset }))
    const cut = await run(['list', '--limit', '2', '--json'], { letters })
    expect(JSON.parse(cut.out)).toHaveLength(2)
    expect(cut.err).toBe('Only the newest 2 letters of more: see --limit, at most 1000.\n')
    expect((await run(['list', '--limit', '3'], { letters })).err).toBe('')
  })

  test('refuses a range of offsets that goes down', async () => {
    await expect(run(['list', '--offset', '5-3'])).rejects.toMatchObject({ code: 'bad_request' })
    await expect(run(['list', '--limit', '1001'])).rejects.toThrow('Expected a whole number from 1 to 1000.')
  })

  test('of none says so', async () => {
    expect((await run(['list'])).out).toBe('No dead letters.\n')
  })
})

describe('show', () => {
  test('says what the reason means, where it came from, and shows the record without what could steer a terminal', async () => {
    const letter = aLetter({ offset: 17, index: 2, bodyTruncated: true, body: Buffer.from('{"broken\u001b]0;x\u0007 \n\ttext') })
    const { out } = await run(['show', letter.id], { letters: [letter] })
    expect(out).toContain('neither JSON nor text')
    expect(out).toContain('error-logs, partition 0, offset 17, event 2 of the record')
    expect(out).toContain('redacted, only the beginning')
    expect(out).toContain('{"broken\u00b7]0;x\u00b7 \n\ttext')
  })

  test('as JSON is what the API answers', async () => {
    const letter = aLetter()
    const { out } = await run(['show', '--json', letter.id], { letters: [letter] })
    expect(letterAnswer.strict().parse(JSON.parse(out))).toMatchObject({ id: letter.id, branches: ['detail', 'rollup'] })
  })

  test('of what is not there fails', async () => {
    await expect(run(['show', 'none'])).rejects.toThrow(
      expect.objectContaining({ code: 'not_found', message: expect.stringContaining('no dead letter none') }),
    )
  })
})

describe('replay', () => {
  test('goes on until all have been looked at, and tells the sums', async () => {
    const { out, asked } = await run(['replay', '--stage', 'decode'], {
      reports: [
        { ...REPORT, next: 42 },
        { ...REPORT, waiting: 2, fromCopy: 1, fromCutCopy: 1 },
      ],
    })
    expect(asked).toEqual([['replay', { stage: 'decode' }, null], ['replay', { stage: 'decode' }, 42], ['close']])
    expect(out).toContain('6 letters looked at, 4 replayed: 14 events are counted now.')
    expect(out).toContain('1 letter of them from the redacted copy')
    expect(out).toContain('2 letters cannot be processed still.')
    expect(out).toContain('2 letters must wait')
  })

  test('as JSON', async () => {
    const letter = aLetter()
    const { out } = await run(['replay', '--json', '--id', letter.id], { letters: [letter] })
    expect(JSON.parse(out)).toMatchObject({ letters: 3, failed_again: 1, next: null })
  })

  test.each(['replay', 'purge'])('of one that is not there fails, as a %s', async (command) => {
    await expect(run([command, '--id', 'none'])).rejects.toMatchObject({ code: 'not_found' })
  })
})

describe('purge', () => {
  test('throws away what is named', async () => {
    const { out, asked } = await run(['purge', '--job', 'orders'])
    expect(asked[0]).toEqual(['purge', { job: 'orders' }])
    expect(out).toBe('4 letters thrown away\n')
  })

  test('of everything must be said', async () => {
    await expect(run(['purge'])).rejects.toThrow(/say which letters/)
    expect((await run(['purge', '--all'])).asked[0]).toEqual(['purge', {}])
  })
})

test.each([
  ['--offset', 'x'],
  ['--partition', '-1'],
  ['--reason', 'none'],
  ['--from', 'yesterday'],
  ['--limit', '0'],
])('%s %s is not understood, and the answer says what is expected', async (option, value) => {
  await expect(run(['list', option, value])).rejects.toThrow(/expected|allowed choices/i)
})
