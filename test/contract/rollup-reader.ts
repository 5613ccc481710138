/**
 * What every reader of rollups must answer. The adapter is the one of the rollup store's suite: all facts are read from one set of
 * rows, written once, because writing to a real store takes long.
 *
 *   window      job      fingerprint  root cause  category   count  hosts
 *   now - 40    orders   fp-a         Timeout     network       50  h1         (before the period before)
 *   now - 20    orders   fp-a         Timeout     network        7  h1         (the period before)
 *   now - 10    orders   fp-a         Timeout     network       10  h1 h2
 *   now - 9     orders   fp-a         Timeout     network        5  h2 h3      (the newest of fp-a)
 *   now - 9     orders   fp-b         Reset       network        4  h1
 *   now - 10    billing  fp-a         Timeout     network        3  h9
 *   now - 5     billing  fp-c         (none)      (none)         4  (none)
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RollupRow, TopBy } from '../../src/store/rollup-store.ts'
import { aProgress, aRollupPart, aRow, MINUTE } from '../support/builders.ts'
import { waitUntil } from '../support/wait.ts'
import type { RollupAdapter } from './rollup-store.ts'

export function describeRollupReader(name: string, makeAdapter: () => Promise<RollupAdapter>): void {
  describe(`${name} as a rollup reader`, () => {
    const never = new AbortController().signal
    let adapter: RollupAdapter

    const ago = (minutes: number) => adapter.nowMs - minutes * MINUTE
    const range = () => ({ fromMs: ago(15), toMs: ago(0) })
    const top = (by: TopBy, job: string | null = null, limit = 10) => adapter.reader.top({ ...range(), job, by, limit })

    beforeAll(async () => {
      adapter = await makeAdapter()
      const p = adapter.partitions[0]
      await adapter.store.open(p, never)
      const rows = someRows(ago)
      await adapter.store.commit([aRollupPart(rows, { progress: aProgress({ partition: p, from: rows.length, next: rows.length }) })], never)
      await waitUntil('all rows to be readable', async () => (await adapter.reader.top({ fromMs: ago(30), toMs: ago(0), job: null, by: 'fingerprint', limit: 10 })).total === 33)
    })
    afterAll(() => adapter.close())

    test('top: the most events first, ties in order of the key, with everything a row says', async () => {
      const { rows, total } = await top('fingerprint')
      expect(total).toBe(26)
      expect(rows.map(({ key, count }) => [key, count])).toEqual([
        ['fp-a', 18],
        ['fp-b', 4],
        ['fp-c', 4],
      ])
      expect(rows[0]).toEqual({
        key: 'fp-a',
        title: 'Timeout: after <*> ms',
        exceptionClass: 'com.acme.Wrapped',
        rootCauseClass: 'com.acme.Timeout',
        category: 'network',
        culprit: 'com.acme.Client.call:7',
        level: 'ERROR',
        count: 18,
        previousCount: 7,
        hosts: 4,
        jobs: 2,
        firstMs: ago(10) + 100,
        lastMs: ago(9) + 900,
        sampleMessage: 'newest of fp-a',
      })
    })

    test('top: a limit cuts rows, not the total', async () => {
      const { rows, total } = await top('fingerprint', null, 2)
      expect(rows.map(({ key }) => key)).toEqual(['fp-a', 'fp-b'])
      expect(total).toBe(26)
    })

    test('top: of one job, only its own events, hosts and past', async () => {
      const { rows, total } = await top('fingerprint', 'orders')
      expect(total).toBe(19)
      expect(rows).toMatchObject([
        { key: 'fp-a', count: 15, previousCount: 7, hosts: 3, jobs: 1 },
        { key: 'fp-b', count: 4, previousCount: 0, hosts: 1, jobs: 1 },
      ])
    })

    const dimensions: readonly { by: TopBy; expected: [string, number][] }[] = [
      { by: 'exception_class', expected: [['com.acme.Wrapped', 22], ['(none)', 4]] },
      { by: 'root_cause_class', expected: [['com.acme.Timeout', 18], ['(none)', 4], ['com.acme.Reset', 4]] },
      { by: 'category', expected: [['network', 22], ['(none)', 4]] },
    ]
    test.each(dimensions)('top by $by: sums over what has the same value, and (none) where there is none', async ({ by, expected }) => {
      const { rows } = await top(by)
      expect(rows.map(({ key, count }) => [key, count])).toEqual(expected)
      expect(rows.reduce((sum, { count }) => sum + count, 0)).toBe(26)
    })

    test('top: a value shared by several error types counts each host and job once', async () => {
      const { rows } = await top('category')
      expect(rows[0]).toMatchObject({ key: 'network', hosts: 4, jobs: 2, previousCount: 7 })
    })

    test('top: a job or a range without events answers with nothing', async () => {
      expect(await top('fingerprint', 'no-such-job')).toEqual({ rows: [], total: 0 })
      expect(await adapter.reader.top({ fromMs: ago(400), toMs: ago(300), job: null, by: 'category', limit: 5 })).toEqual({ rows: [], total: 0 })
    })

    test('a range begins with its first minute and ends before its last', async () => {
      const total = async (from: number, to: number) => (await adapter.reader.top({ fromMs: ago(from), toMs: ago(to), job: null, by: 'fingerprint', limit: 10 })).total
      expect(await total(10, 9)).toBe(13)
      expect(await total(9, 8)).toBe(9)
      expect(await total(20, 19)).toBe(7)
    })

    test('trend: every interval is there, with zero where nothing happened', async () => {
      const points = await adapter.reader.trend({ fromMs: ago(12), toMs: ago(8), job: null, intervalMs: MINUTE, only: null })
      expect(points).toEqual([
        { timeMs: ago(12), count: 0 },
        { timeMs: ago(11), count: 0 },
        { timeMs: ago(10), count: 13 },
        { timeMs: ago(9), count: 9 },
      ])
    })

    test('trend: longer intervals count from the beginning of the range', async () => {
      const points = await adapter.reader.trend({ fromMs: ago(14), toMs: ago(4), job: null, intervalMs: 5 * MINUTE, only: null })
      expect(points).toEqual([
        { timeMs: ago(14), count: 13 },
        { timeMs: ago(9), count: 13 },
      ])
    })

    test('trend: narrowed to a job, to a value, and to "(none)"', async () => {
      const sum = async (job: string | null, by: TopBy, key: string) => {
        const points = await adapter.reader.trend({ ...range(), job, intervalMs: MINUTE, only: { by, key } })
        return points.reduce((all, { count }) => all + count, 0)
      }
      expect(await sum(null, 'fingerprint', 'fp-a')).toBe(18)
      expect(await sum('orders', 'fingerprint', 'fp-a')).toBe(15)
      expect(await sum(null, 'category', 'network')).toBe(22)
      expect(await sum('billing', 'root_cause_class', '(none)')).toBe(4)
      expect(await sum(null, 'exception_class', "no'such; class")).toBe(0)
    })

    test('trend: of a job that was never seen, all zero', async () => {
      const points = await adapter.reader.trend({ fromMs: ago(2), toMs: ago(0), job: 'no-such-job', intervalMs: MINUTE, only: null })
      expect(points.map(({ count }) => count)).toEqual([0, 0])
    })

    test('jobs: the most events first, with error types, hosts and the period before', async () => {
      const jobs = await adapter.reader.jobs({ ...range(), limit: 10 })
      expect(jobs).toEqual([
        { job: 'orders', count: 19, previousCount: 7, errorTypes: 2, hosts: 3, firstMs: ago(10) + 100, lastMs: ago(9) + 900 },
        { job: 'billing', count: 7, previousCount: 0, errorTypes: 2, hosts: 1, firstMs: ago(10) + 200, lastMs: ago(5) + 500 },
      ])
      expect(await adapter.reader.jobs({ ...range(), limit: 1 })).toHaveLength(1)
    })
  })
}

function someRows(ago: (minutes: number) => number): RollupRow[] {
  const a = { fingerprint: 'fp-a', exceptionClass: 'com.acme.Wrapped', rootCauseClass: 'com.acme.Timeout', category: 'network', culprit: 'com.acme.Client.call:7', title: 'Timeout: after <*> ms' }
  const b = { ...a, fingerprint: 'fp-b', rootCauseClass: 'com.acme.Reset', title: 'Reset' }
  const c = { fingerprint: 'fp-c', exceptionClass: null, rootCauseClass: null, category: null, culprit: null, title: 'no class' }
  const at = (minutes: number, firstMs: number, lastMs: number) => ({ windowMs: ago(minutes), firstMs: ago(minutes) + firstMs, lastMs: ago(minutes) + lastMs })
  return [
    aRow({ ...a, ...at(40, 0, 0), count: 50, hosts: ['h1'] }),
    aRow({ ...a, ...at(20, 100, 900), count: 7, hosts: ['h1'], sampleMessage: 'before' }),
    aRow({ ...a, ...at(10, 100, 950), count: 10, hosts: ['h1', 'h2'], sampleMessage: 'older' }),
    aRow({ ...a, ...at(9, 500, 900), count: 5, hosts: ['h2', 'h3'], sampleMessage: 'newest of fp-a' }),
    aRow({ ...b, ...at(9, 300, 300), count: 4, hosts: ['h1'] }),
    aRow({ ...a, ...at(10, 200, 200), job: 'billing', count: 3, hosts: ['h9'], sampleMessage: 'elsewhere' }),
    aRow({ ...c, ...at(5, 500, 500), job: 'billing', count: 4, hosts: [] }),
  ]
}
