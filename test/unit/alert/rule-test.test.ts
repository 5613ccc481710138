/** Testing a rule on history: reads what it needs, an hour at a time, and finds what a replay of all rows finds. */
import { describe, expect, test } from 'vitest'
import type { CountRow } from '../../../src/alert/alert-reader.ts'
import { replay } from '../../../src/alert/replay.ts'
import { testRule } from '../../../src/alert/rule-test.ts'
import type { TimeRange } from '../../../src/store/rollup-store.ts'
import { aCountRow, aRule, rowsByMinute } from '../../support/alert-builders.ts'
import { DAY, HOUR, MINUTE, T0 } from '../../support/builders.ts'

const NEVER = new AbortController().signal

function readerOf(rows: readonly CountRow[]) {
  const asked: TimeRange[] = []
  const counts = async (range: TimeRange) => (
    asked.push(range),
    rows.filter(({ windowMs }) => windowMs >= range.fromMs && windowMs < range.toMs)
  )
  return { asked, counts }
}

const FIELDS = {
  title: 'A rule',
  id: 'a-rule',
  level: 'custom',
  severity: 'high',
  per: 'job',
  condition: { count: { over: '10m', atLeast: 100 } },
}
const textOf = (over: Record<string, unknown>) => JSON.stringify({ ...FIELDS, ...over })

describe('a rule tested on history', () => {
  test('fires where a replay of all rows fires, also over a range that begins and ends within an hour', async () => {
    const quiet = Array.from({ length: 9 * 288 }, (_, i) => aCountRow({ windowMs: T0 - 8 * DAY + i * 5 * MINUTE, count: 10 + (i % 4) }))
    const spikes = [2 * HOUR, 9 * HOUR].map((after) => aCountRow({ windowMs: T0 + after + MINUTE, count: 400 }))
    const rows = [...quiet, ...spikes].sort((a, b) => a.windowMs - b.windowMs)
    const over = { condition: { spike: { minimum: 20 } }, keepFiring: '15m' }
    const range = { fromMs: T0 + 17 * MINUTE, toMs: T0 + 20 * HOUR - 11 * MINUTE }
    const tested = await testRule(readerOf(rows), textOf(over), range, NEVER)
    expect(tested.episodes).toEqual(replay([aRule(over)], rows, range))
    expect(tested.episodes.map(({ startsAtMs }) => startsAtMs - T0)).toEqual([2 * HOUR + MINUTE, 9 * HOUR + MINUTE])
  })

  test('asks for whole hours, one after the other, as far back as the rule looks and not past the end', async () => {
    const reader = readerOf([])
    const { pastFromMs } = await testRule(
      reader,
      textOf({ condition: { count: { over: '90m', atLeast: 100 } } }),
      { fromMs: T0 + 30 * MINUTE, toMs: T0 + 3 * HOUR + MINUTE },
      NEVER,
    )
    expect(pastFromMs).toBe(T0 - HOUR)
    expect(reader.asked.map(({ fromMs, toMs }) => [(fromMs - T0) / MINUTE, (toMs - T0) / MINUTE])).toEqual([
      [-60, 0],
      [0, 60],
      [60, 120],
      [120, 180],
      [180, 181],
    ])
  })

  test('looks at the rows that it is for, and says how many', async () => {
    const rows = [...rowsByMinute(T0, [60, 60], { job: 'orders' }), ...rowsByMinute(T0, [200, 200, 200], { job: 'payments' })]
    const { episodes, rows: count } = await testRule(
      readerOf(rows),
      textOf({ for: { job: 'ord*' } }),
      { fromMs: T0, toMs: T0 + HOUR },
      NEVER,
    )
    expect(count).toBe(2)
    expect(episodes.map(({ alert }) => alert.subject.job)).toEqual(['orders'])
  })

  test('an error is no new one that was known elsewhere, or by an earlier key: in another environment, of another category', async () => {
    const FP = 'v2:known'
    const rows = [
      aCountRow({ windowMs: T0 - DAY, fingerprint: FP, environment: 'staging' }),
      aCountRow({ windowMs: T0 - DAY, fingerprint: 'v1:was', category: 'timeout' }),
      aCountRow({ windowMs: T0 + MINUTE, fingerprint: FP }),
      aCountRow({ windowMs: T0 + 2 * MINUTE, fingerprint: 'v2:is', previousFingerprint: 'v1:was' }),
      aCountRow({ windowMs: T0 + 3 * MINUTE, fingerprint: 'v2:new' }),
    ]
    const over = {
      per: 'group',
      for: { environment: 'prod', category: 'bad-input', fingerprint: 'v2:*' },
      condition: { new_group: { notSeenForDays: 7 } },
    }
    const range = { fromMs: T0, toMs: T0 + HOUR }
    const { episodes, rows: count } = await testRule(readerOf(rows), textOf(over), range, NEVER)
    expect(episodes.map(({ alert }) => alert.subject.fingerprint)).toEqual(['v2:new'])
    expect(episodes).toEqual(
      replay(
        [aRule(over)],
        [...Array.from({ length: 8 * 24 }, (_, i) => aCountRow({ job: 'other', windowMs: T0 - 8 * DAY + i * HOUR })), ...rows].sort(
          (a, b) => a.windowMs - b.windowMs,
        ),
        range,
      ),
    )
    expect(count).toBe(3)
  })

  test.each<[string, Record<string, unknown>, [number, string][]]>([
    [
      'a new group is one that the days before had not',
      { per: 'group', condition: { new_group: { notSeenForDays: 2 } } },
      [[30, 'v1:new']],
    ],
    [
      'what went silent is remembered from before the range',
      { condition: { absence: { over: '30m', seenWithin: '12h' } } },
      [[0, 'orders']],
    ],
  ])('%s', async (_, over, expected) => {
    const rows = [
      aCountRow({ windowMs: T0 - DAY, fingerprint: 'v1:old' }),
      aCountRow({ windowMs: T0 - 3 * HOUR, fingerprint: 'v1:old' }),
      aCountRow({ windowMs: T0 + 30 * MINUTE, fingerprint: 'v1:new' }),
    ]
    const { episodes } = await testRule(readerOf(rows), textOf(over), { fromMs: T0, toMs: T0 + 40 * MINUTE }, NEVER)
    expect(episodes.map(({ startsAtMs, alert: { subject } }) => [(startsAtMs - T0) / MINUTE, subject.fingerprint ?? subject.job])).toEqual(
      expected,
    )
  })

  test.each([
    ['not a rule', 'title: [', /line 1/],
    ['a fault', textOf({ per: 'nobody' }), /line 1: per: /],
    ['switched off', JSON.stringify({ id: 'a-rule', enabled: false }), /switched off/],
    ['about the pipeline', textOf({ level: 'platform', per: 'platform', condition: { blind: { over: '2m' } } }), /no history/],
    ['about what people said', textOf({ per: 'group', condition: { regression: {} } }), /resolved/],
  ])('%s: refused, and nothing is read', async (_, text, why) => {
    const reader = readerOf([])
    await expect(testRule(reader, text, { fromMs: T0, toMs: T0 + HOUR }, NEVER)).rejects.toMatchObject({
      code: 'bad_request',
      message: expect.stringMatching(why) as string,
    })
    expect(reader.asked).toEqual([])
  })

  test('ends where it is told to, though its reader never waits', async () => {
    await expect(testRule(readerOf([]), textOf({}), { fromMs: T0, toMs: T0 + DAY }, AbortSignal.abort())).rejects.toMatchObject({
      code: 'aborted',
    })
    const [controller, reader] = [new AbortController(), readerOf([])]
    setImmediate(() => controller.abort())
    await expect(testRule(reader, textOf({}), { fromMs: T0, toMs: T0 + DAY }, controller.signal)).rejects.toMatchObject({ code: 'aborted' })
    expect(reader.asked.length).toBeLessThan(24)
  })
})
