/** The ledger and the dead letters, as the API shows them. */
import { describe, expect, it } from 'vitest'
import { lettersAnswer } from '../../../src/api/letter-schemas.ts'
import { ledgerAnswer, problemAnswer } from '../../../src/api/schemas.ts'
import type { DeadLetter } from '../../../src/store/dead-letter.ts'
import type { LedgerTotal } from '../../../src/store/ledger.ts'
import { apiWith, fakeLetters } from './fakes.ts'

const LINE: LedgerTotal = {
  branch: 'detail',
  contributor: 'kafka/error-logs/0/3',
  day: '2026-03-01',
  counts: { consumed: 100, counted: 80, 'filtered.level': 10, 'filtered.sampled': 4, 'dead.not_json': 3, expired: 2, skipped: 1 },
}

async function ledgerOf(totals: LedgerTotal[], query = '') {
  const asked: { from: string; to: string }[] = []
  const app = await apiWith({ ledger: { ledger: async (days) => (asked.push(days), totals) } })
  return { asked, answer: ledgerAnswer.parse((await app.inject(`/api/v1/ledger${query}`)).json()) }
}

describe('ledger', () => {
  it('says of each line what became of the events, and that the account is in balance', async () => {
    const { answer } = await ledgerOf([LINE])
    expect(answer).toMatchObject({ balanced: true, imbalance: 0 })
    expect(answer.lines[0]).toMatchObject({
      consumed: 100,
      counted: 80,
      filtered: 14,
      dead: 3,
      expired: 2,
      skipped: 1,
      imbalance: 0,
      counts: LINE.counts,
    })
  })

  it('is not in balance where lines are off in opposite directions', async () => {
    const { answer } = await ledgerOf([
      { ...LINE, counts: { consumed: 10, counted: 9 } },
      { ...LINE, contributor: 'kafka/error-logs/0/4', counts: { consumed: 10, counted: 11 } },
    ])
    expect(answer.lines.map((line) => line.imbalance)).toEqual([-1, 1])
    expect(answer).toMatchObject({ balanced: false, imbalance: 0 })
  })

  it('sums each branch apart, since both consume every event', async () => {
    const { answer } = await ledgerOf([LINE, { ...LINE, contributor: 'kafka/error-logs/0/4' }, { ...LINE, branch: 'rollup' }])
    expect(answer.totals.map(({ branch, consumed, filtered }) => ({ branch, consumed, filtered }))).toEqual([
      { branch: 'detail', consumed: 200, filtered: 28 },
      { branch: 'rollup', consumed: 100, filtered: 14 },
    ])
  })

  it('speaks of the week up to today, or of the days asked for', async () => {
    expect((await ledgerOf([])).asked).toEqual([{ from: '2026-02-23', to: '2026-03-01' }])
    expect((await ledgerOf([], '?from=2026-01-01&to=2026-01-01')).asked).toEqual([{ from: '2026-01-01', to: '2026-01-01' }])
    expect((await ledgerOf([], '?to=2026-01-10')).asked).toEqual([{ from: '2026-01-04', to: '2026-01-10' }])
  })
})

function letter(body: Buffer, bodyTruncated = false): DeadLetter {
  return {
    id: 'kafka/error-logs/0/3@4711#0:decode',
    stage: 'decode',
    branch: null,
    reason: 'not_json',
    detail: 'Unexpected token',
    partition: { cluster: 'kafka', topic: 'error-logs', partition: 3 },
    incarnation: 0,
    offset: 4_711,
    index: 0,
    events: 1,
    timeMs: Date.parse('2026-03-01T11:00:00Z'),
    job: null,
    body,
    bodyTruncated,
  }
}

async function bodyShown(body: Buffer, truncated = false) {
  const app = await apiWith({ letters: fakeLetters({ letters: async () => [letter(body, truncated)] }) })
  const [shown] = lettersAnswer.parse((await app.inject('/api/v1/dead-letters')).json()).letters
  return [shown?.body_encoding, shown?.body]
}

describe('dead letters', () => {
  it('show the reason, the position and the record', async () => {
    const app = await apiWith({ letters: fakeLetters({ letters: async () => [letter(Buffer.from('{"level":"ERR'))] }) })
    const { letters } = lettersAnswer.parse((await app.inject('/api/v1/dead-letters')).json())
    expect(letters).toEqual([
      {
        id: 'kafka/error-logs/0/3@4711#0:decode',
        stage: 'decode',
        branch: null,
        reason: 'not_json',
        detail: 'Unexpected token',
        cluster: 'kafka',
        topic: 'error-logs',
        partition: 3,
        incarnation: 0,
        offset: 4_711,
        index: 0,
        events: 1,
        time: '2026-03-01T11:00:00.000Z',
        job: null,
        body: '{"level":"ERR',
        body_encoding: 'utf8',
        body_truncated: false,
      },
    ])
  })

  it('show bytes that are not UTF-8 as base64, and say so', async () => {
    expect(await bodyShown(Buffer.from([0xff, 0xfe, 0x41]))).toEqual(['base64', '//5B'])
  })

  it('show a record that was cut within a character as text', async () => {
    const text = Buffer.from('log 日')
    for (const cut of [1, 2]) expect(await bodyShown(text.subarray(0, text.length - cut), true)).toEqual(['utf8', 'log '])
    expect(await bodyShown(text.subarray(0, text.length - 1), false)).toEqual([
      'base64',
      text.subarray(0, text.length - 1).toString('base64'),
    ])
  })

  it('are asked for by number and reason', async () => {
    const asked: unknown[] = []
    const app = await apiWith({ letters: fakeLetters({ letters: async (query) => (asked.push(query), []) }) })
    await app.inject('/api/v1/dead-letters')
    await app.inject('/api/v1/dead-letters?limit=5&reason=clock')
    expect(asked).toEqual([{ limit: 50 }, { limit: 5, reason: 'clock' }])
  })
})

it.each(['/api/v1/ledger', '/api/v1/dead-letters'])('%s: a process that has none says so', async (url) => {
  const app = await apiWith()
  expect(problemAnswer.parse((await app.inject(url)).json())).toMatchObject({ status: 409, code: 'not_here' })
})
