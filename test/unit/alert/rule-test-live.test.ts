/** A rule's test on history finds the episodes that the running evaluation finds, which reads minute by minute, looks at minutes under way, and knows its groups. */
import { describe, expect, test } from 'vitest'
import type { CountRow } from '../../../src/alert/alert-reader.ts'
import { evaluate, NOTHING_EVALUATED } from '../../../src/alert/evaluate.ts'
import { GroupMemory } from '../../../src/alert/group-memory.ts'
import { Counts } from '../../../src/alert/run/counts.ts'
import { testRule } from '../../../src/alert/rule-test.ts'
import type { TimeRange } from '../../../src/store/rollup-store.ts'
import { aCountRow, aRule, PLAIN } from '../../support/alert-builders.ts'
import { RowsReader } from '../../support/alerting.ts'
import { DAY, HOUR, MINUTE, T0 } from '../../support/builders.ts'

const PAST = 9 * DAY
const RANGE = { fromMs: T0, toMs: T0 + 4 * HOUR }
const ROWS = history()

/** Three jobs, two errors each, in two environments: a steady past, then bursts, silences, new errors, a failure that rolls over hosts. */
function history(): CountRow[] {
  let state = 11
  const random = () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647
  const rows: CountRow[] = []
  for (const job of ['orders', 'bills', 'canary']) {
    for (const environment of ['prod', 'staging']) {
      for (const [type, category] of ['timeout', 'bad-input'].entries()) {
        const name = { job, environment, fingerprint: `v1:${job}-${type}`, category }
        for (let at = T0 - PAST; at < RANGE.toMs; at += 5 * MINUTE) {
          const isBurst = at >= T0 && random() < 0.04
          const isSilent = job === 'canary' && at >= T0 + HOUR && at < T0 + 3 * HOUR
          const windowMs = at + MINUTE * Math.floor(random() * 5)
          if (!isSilent)
            rows.push(
              aCountRow({ ...name, windowMs, count: isBurst ? 300 : 1 + Math.floor(random() * 4), hosts: [`${job}-${windowMs % 7}`] }),
            )
        }
        for (let i = 0; i < 20; i++) rows.push(aCountRow({ ...name, windowMs: T0 + 2 * HOUR + i * MINUTE, hosts: [`rolling-${i}`] }))
      }
    }
    for (let i = 0; i < 30; i++)
      rows.push(aCountRow({ job, fingerprint: `v1:new-${i % 3}`, windowMs: T0 + (i * 11 + 7) * MINUTE, count: 2 }))
  }
  return rows.sort((a, b) => a.windowMs - b.windowMs)
}

/** By the hour, since history is asked for often. */
class HistoryReader extends RowsReader {
  readonly #hours = new Map<number, CountRow[]>()

  constructor(rows: readonly CountRow[]) {
    super()
    for (const row of rows) {
      const hour = Math.floor(row.windowMs / HOUR)
      this.#hours.set(hour, [...(this.#hours.get(hour) ?? []), row])
    }
  }

  override async counts({ fromMs, toMs }: TimeRange): Promise<CountRow[]> {
    const found: CountRow[] = []
    for (let hour = Math.floor(fromMs / HOUR); hour * HOUR < toMs; hour++)
      for (const row of this.#hours.get(hour) ?? []) if (row.windowMs >= fromMs && row.windowMs < toMs) found.push(row)
    return found
  }
}

const READER = new HistoryReader(ROWS)

async function live(over: Record<string, unknown>): Promise<string[]> {
  const counts = new Counts([aRule(over)])
  const groups = new GroupMemory()
  const observe = (rows: readonly CountRow[], completeUntilMs: number) =>
    void groups.observe(rows, { sinceMs: T0 - 100 * DAY, completeUntilMs })
  observe(
    ROWS.filter(({ windowMs }) => windowMs < T0),
    T0,
  )
  const episodes = new Map<string, string>()
  let state = { ...NOTHING_EVALUATED, untilMs: RANGE.fromMs }
  for (let completeUntilMs = RANGE.fromMs; completeUntilMs <= RANGE.toMs; completeUntilMs += MINUTE) {
    const readUntilMs = Math.min(RANGE.toMs, completeUntilMs + 2 * MINUTE)
    await counts.read(READER, { completeUntilMs, readUntilMs }, (rows) => observe(rows, completeUntilMs))
    const { index, table } = counts
    const { baseline } = counts.past
    const result = evaluate({ index, table, baseline, groups, pipeline: null, completeUntilMs, readUntilMs, wording: PLAIN }, state)
    for (const { key, startsAtMs, endsAtMs } of result.news) episodes.set(`${key} ${startsAtMs}`, episodeOf(key, startsAtMs, endsAtMs))
    state = { ...result.state, untilMs: result.state.untilMs ?? completeUntilMs }
  }
  return [...episodes.values()].sort()
}

function episodeOf(key: string, startsAtMs: number, endsAtMs: number | null): string {
  return `${key} ${(startsAtMs - T0) / MINUTE} ${endsAtMs === null ? '' : (endsAtMs - T0) / MINUTE}`
}

describe('what a test finds is what evaluation found', () => {
  test.each<[string, Record<string, unknown>]>([
    ['count', { condition: { count: { over: '10m', atLeast: 100 } } }],
    ['count by job', { condition: { count: { over: '10m', atLeast: 100, perJob: { 'ord*': 20, bills: 1_000 } } }, pending: '2m' }],
    ['count over hours', { per: 'group', condition: { count: { over: '3h', atLeast: 600 } } }],
    ['count of all', { per: 'platform', level: 'platform', condition: { count: { over: '5m', atLeast: 330 } } }],
    ['ratio', { condition: { ratio: { over: '10m', atLeast: 3, minimum: 30 } } }],
    ['ratio over hours', { per: 'category', condition: { ratio: { over: '150m', atLeast: 1.2, minimum: 30 } } }],
    ['spike', { condition: { spike: { minimum: 10 } }, keepFiring: '1m' }],
    ['spike of a category', { per: 'category', for: { environment: 'prod' }, condition: { spike: { minimum: 10 } } }],
    ['new_group', { per: 'group', for: { environment: 'prod' }, condition: { new_group: { notSeenForDays: 7, minimum: 4 } } }],
    ['absence', { for: { job: 'canary' }, condition: { absence: { over: '30m', seenWithin: '1d' } } }],
    ['absence of a group', { per: 'group', condition: { absence: { over: '20m', seenWithin: '2h' } }, keepFiring: '1m' }],
    ['hosts', { condition: { hosts: { over: '10m', atLeast: 12 } } }],
    ['hosts over hours', { per: 'group', condition: { hosts: { over: '4h', atLeast: 20 } } }],
    ['jobs_in_trouble', { level: 'platform', per: 'platform', condition: { jobs_in_trouble: { over: '10m', atLeast: 2, events: 100 } } }],
    [
      'all',
      {
        per: 'group',
        condition: { all: [{ count: { over: '10m', atLeast: 12 } }, { hosts: { over: '10m', atLeast: 6 } }] },
        keepFiring: '2m',
      },
    ],
    ['any', { condition: { any: [{ spike: { minimum: 10 } }, { absence: { over: '30m' } }] } }],
  ])('%s', async (_, over) => {
    const fields = { title: 'A rule', id: 'a-rule', level: 'custom', severity: 'high', per: 'job', keepFiring: '5m', ...over }
    const { episodes } = await testRule(READER, JSON.stringify(fields), RANGE, new AbortController().signal)
    const found = episodes.map(({ key, startsAtMs, endsAtMs }) => episodeOf(key, startsAtMs, endsAtMs)).sort()
    expect(found).not.toEqual([])
    expect(await live(over)).toEqual(found)
  })
})
