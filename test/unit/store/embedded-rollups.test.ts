/**
 * The embedded reader against plain sums over the same rows. Rows lie over days, and ranges begin and end at any minute, so that
 * days, hours and minutes are all put together. Some rows have a second key, as in a change of fingerprint rules.
 */
import { rmSync } from 'node:fs'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { EmbeddedStore } from '../../../src/store/embedded.ts'
import { keyGroups, type KeyGroups, type KeyLink } from '../../../src/store/key-groups.ts'
import type { JobRow, RollupRow, TimeRange, TopBy, TrendPoint } from '../../../src/store/rollup-store.ts'
import { newFolder, openIn } from '../../contract/embedded-adapter.ts'
import { aRollupPart, aRow, DAY, HOUR, MINUTE, T0 } from '../../support/builders.ts'

const never = new AbortController().signal
const DAYS = 4
const BEGIN = T0 - (T0 % DAY)

let path: string
let store: EmbeddedStore

beforeEach(() => {
  path = newFolder()
  store = openIn(path)
})
afterEach(async () => {
  await store.close()
  rmSync(path, { recursive: true, force: true })
})

const write = (rows: readonly RollupRow[]) => store.commit({ detail: null, rollup: [aRollupPart(rows)] }, never)

/** A few minutes of each day only, at the edges of hours and days above all, so that rows of one series meet. */
const minutes = fc
  .tuple(fc.nat(DAYS - 1), fc.constantFrom(0, 1, 59, 60, 61, 119, 600, 1_380, 1_439))
  .map(([day, minute]) => BEGIN + day * DAY + minute * MINUTE)

const rows = fc
  .record({
    windowMs: minutes,
    at: fc.nat(59),
    job: fc.constantFrom('a', 'b', 'c'),
    type: fc.nat(3),
    previous: fc.option(fc.constantFrom('v1:0', 'v1:1', 'v1:2', 'v0:0'), { freq: 2 }),
    count: fc.integer({ min: 1, max: 9 }),
    hosts: fc.subarray(['h1', 'h2', 'h3']),
  })
  .map(({ windowMs, at, job, type, previous, count, hosts }) => {
    const lastMs = windowMs + at * 1_000
    return aRow({
      windowMs,
      job,
      fingerprint: `v1:${type}`,
      fingerprintPrevious: previous,
      category: type === 3 ? null : `c${type % 2}`,
      count,
      hosts,
      firstMs: windowMs,
      lastMs,
      sampleMessage: `${lastMs}`,
    })
  })

const ranges: fc.Arbitrary<TimeRange> = fc
  .tuple(fc.integer({ min: -60, max: DAYS * 1_440 }), fc.integer({ min: 1, max: DAYS * 1_440 }))
  .map(([from, length]) => ({ fromMs: BEGIN + from * MINUTE, toMs: BEGIN + (from + length) * MINUTE }))

const jobs = fc.option(fc.constantFrom('a', 'b', 'c', 'never seen'))

test('whatever the range, the answers are the sums over its rows', async () => {
  const written: RollupRow[] = []
  const property = fc.asyncProperty(
    fc.array(rows, { maxLength: 40 }),
    ranges,
    jobs,
    fc.constantFrom<TopBy>('fingerprint', 'category'),
    fc.constantFrom(MINUTE, 7 * MINUTE, HOUR, 6 * HOUR, DAY),
    async (more, range, job, by, intervalMs) => {
      await write(more)
      written.push(...more)
      const ofJob = written.filter((row) => job === null || row.job === job)

      const top = await store.reader.top({ ...range, job, by, limit: 100 })
      expect(top.total).toBe(sumOf(within(ofJob, range)))
      const groupsNow = groupsOf(ofJob, range)
      expect(
        top.rows.map(({ key, previousKeys, count, previousCount, isNew, hosts, jobs: inJobs, firstMs, lastMs, sampleMessage }) => ({
          key,
          previousKeys,
          count,
          previousCount,
          isNew,
          hosts,
          jobs: inJobs,
          firstMs,
          lastMs,
          sampleMessage,
        })),
      ).toEqual(expectedTop(ofJob, range, by, groupsNow))
      const only = { fingerprint: 'v1:1' }
      expect(await store.reader.trend({ ...range, job, intervalMs, only })).toEqual(
        expectedTrend(
          ofJob.filter((row) => groupsNow.groupOf(row.fingerprint) === groupsNow.groupOf('v1:1') || row.fingerprintPrevious === 'v1:1'),
          range,
          intervalMs,
        ),
      )
      expect(await store.reader.trend({ ...range, job, intervalMs, only: { [by]: '(none)' } })).toEqual(
        expectedTrend(
          ofJob.filter((row) => keyOf(row, by) === '(none)'),
          range,
          intervalMs,
        ),
      )
      expect(await store.reader.trend({ ...range, job, intervalMs })).toEqual(expectedTrend(ofJob, range, intervalMs))
      expect(await store.reader.jobs({ ...range, limit: 100 })).toEqual(expectedJobs(written, range))
    },
  )
  await fc.assert(property, { numRuns: 60, endOnFailure: true }) // no shrinking: the runs build on each other
})

test("of two rows of one minute, the newer event's message stays, whichever is written first", async () => {
  const at = (seconds: number, sampleMessage: string, job: string) => aRow({ job, lastMs: T0 + seconds * 1_000, sampleMessage })
  await write([at(5, 'older', 'a'), at(9, 'newer', 'b')])
  await write([at(9, 'newer', 'a'), at(5, 'older', 'b')])
  const messages = ['a', 'b'].map(
    async (job) => (await store.reader.top({ fromMs: T0, toMs: T0 + MINUTE, job, by: 'fingerprint', limit: 1 })).rows[0]?.sampleMessage,
  )
  expect(await Promise.all(messages)).toEqual(['newer', 'newer'])
})

function within(all: readonly RollupRow[], { fromMs, toMs }: TimeRange): RollupRow[] {
  return all.filter(({ windowMs }) => windowMs >= fromMs && windowMs < toMs)
}

function sumOf(all: readonly RollupRow[]): number {
  return all.reduce((sum, { count }) => sum + count, 0)
}

function keyOf(row: RollupRow, by: TopBy, keys: KeyGroups = keyGroups([])): string {
  return by === 'category' ? (row.category ?? '(none)') : keys.groupOf(row.fingerprint)
}

function groupsOf(all: readonly RollupRow[], { fromMs, toMs }: TimeRange): KeyGroups {
  const links = new Map<string, KeyLink>()
  for (const { fingerprint, fingerprintPrevious: previous, count, lastMs } of within(all, { fromMs: 2 * fromMs - toMs, toMs })) {
    if (previous === null) continue
    const known = links.get(`${fingerprint} ${previous}`)
    links.set(`${fingerprint} ${previous}`, {
      fingerprint,
      previous,
      count: count + (known?.count ?? 0),
      lastMs: Math.max(lastMs, known?.lastMs ?? 0),
    })
  }
  return keyGroups([...links.values()])
}

function distinct(values: readonly string[]): number {
  return new Set(values).size
}

/** What a group of rows comes to, and the same for the period before. */
function groups<Group>(
  all: readonly RollupRow[],
  range: TimeRange,
  keyOfRow: (row: RollupRow) => string,
  toGroup: (key: string, rows: RollupRow[], previousCount: number) => Group & { count: number },
): (Group & { count: number })[] {
  const before = within(all, { fromMs: 2 * range.fromMs - range.toMs, toMs: range.fromMs })
  const byKey = [...grouped(within(all, range), keyOfRow)].toSorted(([a], [b]) => (a < b ? -1 : 1))
  return byKey
    .map(([key, ours]) => toGroup(key, ours, sumOf(before.filter((row) => keyOfRow(row) === key))))
    .toSorted((a, b) => b.count - a.count)
}

function grouped(all: readonly RollupRow[], keyOfRow: (row: RollupRow) => string): Map<string, RollupRow[]> {
  const map = new Map<string, RollupRow[]>()
  for (const row of all) map.set(keyOfRow(row), [...(map.get(keyOfRow(row)) ?? []), row])
  return map
}

function expectedTop(all: readonly RollupRow[], range: TimeRange, by: TopBy, keys: KeyGroups) {
  const before = within(all, { fromMs: 2 * range.fromMs - range.toMs, toMs: range.fromMs })
  return groups(
    all,
    range,
    (row) => keyOf(row, by, keys),
    (key, ours, previousCount) => {
      const apart = by === 'fingerprint' ? keys.apartOf(key) : []
      const elsewhere = within(all, range).filter(({ fingerprint }) => apart.includes(fingerprint))
      const isNew = previousCount === 0 && !before.some(({ fingerprint }) => apart.includes(fingerprint))
      const lastMs = Math.max(...ours.map((row) => row.lastMs))
      return {
        key,
        previousKeys: by === 'fingerprint' ? keys.previousOf(key) : [],
        count: sumOf(ours),
        previousCount,
        isNew,
        hosts: distinct(ours.flatMap((row) => row.hosts)),
        jobs: distinct(ours.map((row) => row.job)),
        firstMs: Math.min(...[...ours, ...elsewhere].map((row) => row.firstMs)),
        lastMs,
        sampleMessage: `${lastMs}`,
      }
    },
  )
}

function expectedJobs(all: readonly RollupRow[], range: TimeRange): JobRow[] {
  const keys = groupsOf(all, range)
  return groups<JobRow>(
    all,
    range,
    (row) => row.job,
    (job, ours, previousCount) => ({
      job,
      count: sumOf(ours),
      previousCount,
      errorTypes: distinct(ours.map((row) => keys.groupOf(row.fingerprint))),
      hosts: distinct(ours.flatMap((row) => row.hosts)),
      firstMs: Math.min(...ours.map((row) => row.firstMs)),
      lastMs: Math.max(...ours.map((row) => row.lastMs)),
    }),
  )
}

function expectedTrend(all: readonly RollupRow[], range: TimeRange, intervalMs: number): TrendPoint[] {
  const points: TrendPoint[] = []
  for (let timeMs = range.fromMs; timeMs < range.toMs; timeMs += intervalMs) {
    points.push({ timeMs, count: sumOf(within(all, { fromMs: timeMs, toMs: Math.min(timeMs + intervalMs, range.toMs) })) })
  }
  return points
}
