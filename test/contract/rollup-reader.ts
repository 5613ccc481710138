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
 *
 * And, hours before, a change of fingerprint rules, which joins `old` and `other-old` to `new`, and takes `part` away from `old`:
 *
 *   now - 215   rules    old                                     6  h1         (the period before)
 *   now - 198   rules    old                                     5  h1
 *   now - 190   rules    new, before: old                        3  h1 h2
 *   now - 185   rules    new, before: other-old                  2  h2
 *   now - 184   rules    part, before: old                       1  h1
 *   now - 182   rules    same                                    2  h1
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Only, RollupRow, TopBy } from '../../src/store/rollup-store.ts'
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
      await adapter.store.commit(
        [aRollupPart(rows, { progress: aProgress({ partition: p, from: rows.length, next: rows.length }) })],
        never,
      )
      await waitUntil(
        'all rows to be readable',
        async () => (await adapter.reader.top({ fromMs: ago(300), toMs: ago(0), job: null, by: 'fingerprint', limit: 10 })).total === 102,
      )
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
        previousKeys: [],
        title: 'Timeout: after <*> ms',
        exceptionClass: 'com.acme.Wrapped',
        rootCauseClass: 'com.acme.Timeout',
        category: 'network',
        severity: 'high',
        rule: 'wait-timeout',
        culprit: 'com.acme.Client.call:7',
        level: 'ERROR',
        count: 18,
        previousCount: 7,
        isNew: false,
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
        { key: 'fp-b', count: 4, previousCount: 0, isNew: true, hosts: 1, jobs: 1 },
      ])
    })

    const dimensions: readonly { by: TopBy; expected: [string, number][] }[] = [
      {
        by: 'exception_class',
        expected: [
          ['com.acme.Wrapped', 22],
          ['(none)', 4],
        ],
      },
      {
        by: 'root_cause_class',
        expected: [
          ['com.acme.Timeout', 18],
          ['(none)', 4],
          ['com.acme.Reset', 4],
        ],
      },
      {
        by: 'category',
        expected: [
          ['network', 22],
          ['(none)', 4],
        ],
      },
      {
        by: 'severity',
        expected: [
          ['high', 18],
          ['(none)', 4],
          ['medium', 4],
        ],
      },
      {
        by: 'rule',
        expected: [
          ['wait-timeout', 18],
          ['(none)', 4],
          ['connection-reset', 4],
        ],
      },
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

    const narrow: readonly { only: Only; expected: [string, number][] }[] = [
      {
        only: { category: 'network' },
        expected: [
          ['fp-a', 18],
          ['fp-b', 4],
        ],
      },
      { only: { severity: 'medium' }, expected: [['fp-b', 4]] },
      { only: { category: 'network', severity: 'high' }, expected: [['fp-a', 18]] },
      { only: { severity: '(none)' }, expected: [['fp-c', 4]] },
      { only: { fingerprint: 'fp-b' }, expected: [['fp-b', 4]] },
      { only: { rule: 'no-such-rule' }, expected: [] },
    ]
    test.each(narrow)('top: narrowed to $only, rows and total speak of these events alone', async ({ only, expected }) => {
      const { rows, total } = await adapter.reader.top({ ...range(), job: null, by: 'fingerprint', limit: 10, only })
      expect(rows.map(({ key, count }) => [key, count])).toEqual(expected)
      expect(total).toBe(expected.reduce((sum, [, count]) => sum + count, 0))
      const first = rows.find(({ key }) => key === 'fp-a')
      expect(first?.previousCount ?? 7).toBe(7)
    })

    test('top: a job or a range without events answers with nothing', async () => {
      expect(await top('fingerprint', 'no-such-job')).toEqual({ rows: [], total: 0 })
      expect(await adapter.reader.top({ fromMs: ago(400), toMs: ago(300), job: null, by: 'category', limit: 5 })).toEqual({
        rows: [],
        total: 0,
      })
    })

    test('a range begins with its first minute and ends before its last', async () => {
      const total = async (from: number, to: number) =>
        (await adapter.reader.top({ fromMs: ago(from), toMs: ago(to), job: null, by: 'fingerprint', limit: 10 })).total
      expect(await total(10, 9)).toBe(13)
      expect(await total(9, 8)).toBe(9)
      expect(await total(20, 19)).toBe(7)
    })

    test('trend: every interval is there, with zero where nothing happened', async () => {
      const points = await adapter.reader.trend({ fromMs: ago(12), toMs: ago(8), job: null, intervalMs: MINUTE })
      expect(points).toEqual([
        { timeMs: ago(12), count: 0 },
        { timeMs: ago(11), count: 0 },
        { timeMs: ago(10), count: 13 },
        { timeMs: ago(9), count: 9 },
      ])
    })

    test('trend: longer intervals count from the beginning of the range', async () => {
      const points = await adapter.reader.trend({ fromMs: ago(14), toMs: ago(4), job: null, intervalMs: 5 * MINUTE })
      expect(points).toEqual([
        { timeMs: ago(14), count: 13 },
        { timeMs: ago(9), count: 13 },
      ])
    })

    test('trend: narrowed to a job, to a value, and to "(none)"', async () => {
      const sum = async (job: string | null, by: TopBy, key: string) => {
        const points = await adapter.reader.trend({ ...range(), job, intervalMs: MINUTE, only: { [by]: key } })
        return points.reduce((all, { count }) => all + count, 0)
      }
      expect(await sum(null, 'fingerprint', 'fp-a')).toBe(18)
      expect(await sum('orders', 'fingerprint', 'fp-a')).toBe(15)
      expect(await sum(null, 'category', 'network')).toBe(22)
      expect(await sum('billing', 'root_cause_class', '(none)')).toBe(4)
      expect(await sum(null, 'exception_class', "no'such; class")).toBe(0)
    })

    test('trend: of a job that was never seen, all zero', async () => {
      const points = await adapter.reader.trend({ fromMs: ago(2), toMs: ago(0), job: 'no-such-job', intervalMs: MINUTE })
      expect(points.map(({ count }) => count)).toEqual([0, 0])
    })

    describe('after a change of fingerprint rules', () => {
      const change = () => ({ fromMs: ago(200), toMs: ago(180) })
      const groups = async (only: Only = {}, job: string | null = 'rules') =>
        adapter.reader.top({ ...change(), job, by: 'fingerprint', limit: 10, only })
      const sum = async (only: Only) =>
        (await adapter.reader.trend({ ...change(), job: 'rules', intervalMs: MINUTE, only })).reduce((all, { count }) => all + count, 0)

      test.each(['rules', null])(
        'top: old and new keys of an error are one group, whose past and first time are those of all its keys (job %s)',
        async (job) => {
          const { rows, total } = await groups({}, job)
          expect(total).toBe(13)
          expect(rows).toMatchObject([
            {
              key: 'new',
              count: 10,
              previousCount: 6,
              isNew: false,
              hosts: 2,
              firstMs: ago(198),
              lastMs: ago(185),
              previousKeys: ['old', 'other-old'],
              sampleMessage: 'joined',
            },
            { key: 'same', count: 2, isNew: true, previousKeys: [] },
            { key: 'part', count: 1, previousCount: 0, isNew: false, firstMs: ago(198), lastMs: ago(184), previousKeys: ['old'] },
          ])
        },
      )

      test('top: where no row of the range links two keys, each stands for itself', async () => {
        const { rows } = await adapter.reader.top({ fromMs: ago(200), toMs: ago(195), job: 'rules', by: 'fingerprint', limit: 10 })
        expect(rows).toMatchObject([{ key: 'old', count: 5, previousKeys: [], firstMs: ago(198) }])
      })

      test('top and trend: whichever key of a group is asked for, it is the group, and what had the key before', async () => {
        expect((await groups({ fingerprint: 'new' })).rows).toMatchObject([{ key: 'new', count: 10, previousCount: 6 }])
        expect(await groups({ fingerprint: 'old' })).toMatchObject({
          total: 11,
          rows: [
            { key: 'new', count: 10 },
            { key: 'part', count: 1 },
          ],
        })
        expect(await sum({ fingerprint: 'new' })).toBe(10)
        expect(await sum({ fingerprint: 'other-old' })).toBe(10)
        expect(await sum({ fingerprint: 'old' })).toBe(11)
        expect(await sum({ fingerprint: 'part' })).toBe(1)
      })

      test('jobs: two keys of an error are one error type', async () => {
        expect(await adapter.reader.jobs({ ...change(), limit: 10 })).toMatchObject([
          { job: 'rules', count: 13, errorTypes: 3, previousCount: 6 },
        ])
      })
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

const changeOfRules: readonly (readonly [number, string, string | null, number, string[], string])[] = [
  [215, 'old', null, 6, ['h1'], 'before'],
  [198, 'old', null, 5, ['h1'], 'old'],
  [190, 'new', 'old', 3, ['h1', 'h2'], 'new'],
  [185, 'new', 'other-old', 2, ['h2'], 'joined'],
  [184, 'part', 'old', 1, ['h1'], 'taken apart'],
  [182, 'same', null, 2, ['h1'], 'as before'],
]

function someRows(ago: (minutes: number) => number): RollupRow[] {
  const a = {
    fingerprint: 'fp-a',
    exceptionClass: 'com.acme.Wrapped',
    rootCauseClass: 'com.acme.Timeout',
    category: 'network',
    severity: 'high',
    rule: 'wait-timeout',
    culprit: 'com.acme.Client.call:7',
    title: 'Timeout: after <*> ms',
  }
  const b = { ...a, fingerprint: 'fp-b', rootCauseClass: 'com.acme.Reset', severity: 'medium', rule: 'connection-reset', title: 'Reset' }
  const c = {
    fingerprint: 'fp-c',
    exceptionClass: null,
    rootCauseClass: null,
    category: null,
    severity: null,
    rule: null,
    culprit: null,
    title: 'no class',
  }
  const at = (minutes: number, firstMs: number, lastMs: number) => ({
    windowMs: ago(minutes),
    firstMs: ago(minutes) + firstMs,
    lastMs: ago(minutes) + lastMs,
  })
  return [
    aRow({ ...a, ...at(40, 0, 0), count: 50, hosts: ['h1'] }),
    aRow({ ...a, ...at(20, 100, 900), count: 7, hosts: ['h1'], sampleMessage: 'before' }),
    aRow({ ...a, ...at(10, 100, 950), count: 10, hosts: ['h1', 'h2'], sampleMessage: 'older' }),
    aRow({ ...a, ...at(9, 500, 900), count: 5, hosts: ['h2', 'h3'], sampleMessage: 'newest of fp-a' }),
    aRow({ ...b, ...at(9, 300, 300), count: 4, hosts: ['h1'] }),
    aRow({ ...a, ...at(10, 200, 200), job: 'billing', count: 3, hosts: ['h9'], sampleMessage: 'elsewhere' }),
    aRow({ ...c, ...at(5, 500, 500), job: 'billing', count: 4, hosts: [] }),
    ...changeOfRules.map(([minutes, fingerprint, fingerprintPrevious, count, hosts, sampleMessage]) =>
      aRow({ ...at(minutes, 0, 0), job: 'rules', fingerprint, fingerprintPrevious, count, hosts, sampleMessage }),
    ),
  ]
}
