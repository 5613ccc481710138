/**
 * What every reader for alert rules must answer. Rows are written once through the rollup store of the same adapter, in two commits, so that a store that
 * keeps partial rows has some.
 *
 *   minute      job      fingerprint     count  hosts
 *   now - 130   orders   fp-a                5  h1 to h200
 *   now - 70    orders   fp-a                2  h1 to h40
 *   now - 10    orders   fp-a            4 + 6  h1 h2 + h2 h3    two loggers, and two commits
 *   now - 10    orders   fp-b                3  h1               of another severity
 *   now - 10    billing  fp-a                7  (none)
 *   now - 9     orders   fp-new, before: fp-a  1  h4
 *   now - 8     bare     fp-c                2  h1               without class, category, environment, rule, culprit
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AlertReader, BaselineRow, CountRow, TypeField } from '../../src/alert/alert-reader.ts'
import { TYPE_FIELDS } from '../../src/alert/alert-reader.ts'
import { hostCount } from '../../src/alert/host-marks.ts'
import type { RollupRow } from '../../src/store/rollup-store.ts'
import { aProgress, aRollupPart, aRow, MINUTE } from '../support/builders.ts'
import { waitUntil } from '../support/wait.ts'
import type { RollupAdapter } from './rollup-store.ts'

export type AlertAdapter = Pick<RollupAdapter, 'store' | 'partitions' | 'nowMs' | 'close'> & { readonly alerts: AlertReader }

const HOUR = 60 * MINUTE

export function describeAlertReader(name: string, makeAdapter: () => Promise<AlertAdapter>): void {
  describe(`${name} as a reader for alert rules`, () => {
    const never = new AbortController().signal
    let adapter: AlertAdapter

    const ago = (minutes: number) => adapter.nowMs - minutes * MINUTE
    const counts = (from: number, to: number) => adapter.alerts.counts({ fromMs: ago(from), toMs: ago(to) })
    const total = (rows: readonly { count: number }[]) => rows.reduce((sum, { count }) => sum + count, 0)
    /** Whole hours around all rows. */
    const hours = () => ({ fromMs: Math.floor(ago(130) / HOUR) * HOUR, toMs: Math.ceil(ago(0) / HOUR) * HOUR })
    const baseline = (by: readonly TypeField[], intervalMs = HOUR) => adapter.alerts.baseline({ ...hours(), intervalMs, by })

    beforeAll(async () => {
      adapter = await makeAdapter()
      const p = adapter.partitions[0]
      await waitUntil('the partition to open: a fresh broker moves coordinators', () => adapter.store.open(p, never))
      const [first, second] = someRows(ago)
      await adapter.store.commit(
        [aRollupPart(first, { progress: aProgress({ partition: p, from: first.length, next: first.length }) })],
        never,
      )
      await adapter.store.commit(
        [
          aRollupPart(second, {
            progress: aProgress({ partition: p, from: first.length + second.length, next: first.length + second.length }),
          }),
        ],
        never,
      )
      await waitUntil('all rows to be readable', async () => total(await adapter.alerts.counts({ fromMs: ago(140), toMs: ago(0) })) === 30)
    })
    afterAll(() => adapter.close())

    test('an error type of a minute says all that is known of it, and counts each host once', async () => {
      const [row, ...more] = (await counts(10, 9)).filter(({ job, fingerprint }) => job === 'orders' && fingerprint === 'fp-a')
      expect(more).toEqual([])
      expect({ ...row, hosts: hostCount(row?.hosts ?? []) }).toEqual({
        windowMs: ago(10),
        job: 'orders',
        environment: 'prod',
        fingerprint: 'fp-a',
        previousFingerprint: null,
        exceptionClass: 'com.acme.Wrapped',
        rootCauseClass: 'com.acme.Timeout',
        category: 'network',
        severity: 'high',
        rule: 'wait-timeout',
        title: 'Timeout: after <*> ms',
        culprit: 'com.acme.Client.call:7',
        count: 10,
        hosts: 3,
        firstMs: ago(10) + 100,
        lastMs: ago(10) + 900,
      } satisfies Omit<CountRow, 'hosts'> & { hosts: number })
    })

    test('jobs, error types and minutes stand apart, and no host is none', async () => {
      const rows = await counts(10, 8)
      expect(
        rows
          .map(({ windowMs, job, fingerprint, count, hosts }) => [
            (adapter.nowMs - windowMs) / MINUTE,
            job,
            fingerprint,
            count,
            hostCount(hosts),
          ])
          .sort(),
      ).toEqual([
        [10, 'billing', 'fp-a', 7, 0],
        [10, 'orders', 'fp-a', 10, 3],
        [10, 'orders', 'fp-b', 3, 1],
        [9, 'orders', 'fp-new', 1, 1],
      ])
    })

    test('hosts of several minutes, error types and jobs are put together, each once', async () => {
      expect(hostCount((await counts(10, 8)).flatMap(({ hosts }) => hosts))).toBe(4)
      expect(hostCount((await counts(9, 7)).flatMap(({ hosts }) => hosts))).toBe(2)
    })

    test('some dozens of hosts are counted', async () => {
      expect((await counts(70, 69)).map((row) => hostCount(row.hosts))).toEqual([40])
    })

    test('many hosts are about so many, also put together with some of them', async () => {
      const many = (await counts(130, 129)).flatMap(({ hosts }) => hosts)
      const few = (await counts(10, 9)).flatMap(({ hosts }) => hosts)
      expect(hostCount(many)).toBeGreaterThan(180)
      expect(hostCount(many)).toBeLessThan(220)
      expect(hostCount([...few, ...many])).toBe(hostCount(many))
    })

    test('a baseline has hosts where they are asked for', async () => {
      const hostsOf = (rows: readonly BaselineRow[]) =>
        rows.filter(({ job, hosts }) => job === 'orders' && hosts !== undefined).map(({ hosts }) => hostCount(hosts ?? []))
      const range = { fromMs: ago(20), toMs: ago(0), intervalMs: 10 * MINUTE, by: ['job'] as const }
      expect(hostsOf(await adapter.alerts.baseline({ ...range, withHosts: true }))).toEqual([4])
      expect(hostsOf(await adapter.alerts.baseline(range))).toEqual([])
    })

    test('a row names its key by the rules before, and what an event has not is null', async () => {
      expect(await counts(9, 8)).toMatchObject([{ fingerprint: 'fp-new', previousFingerprint: 'fp-a' }])
      expect(await counts(8, 7)).toMatchObject([
        {
          job: 'bare',
          environment: null,
          exceptionClass: null,
          rootCauseClass: null,
          category: null,
          severity: null,
          rule: null,
          culprit: null,
          previousFingerprint: null,
        },
      ])
    })

    test('a range begins with its first minute and ends before its last', async () => {
      expect(total(await counts(70, 10))).toBe(2)
      expect(total(await counts(69, 9))).toBe(20)
      expect(await counts(60, 20)).toEqual([])
    })

    test('a baseline has a row for each interval and job that had events', async () => {
      const rows = await baseline(['job'])
      expect(total(rows)).toBe(30)
      for (const row of rows)
        expect(row).toMatchObject({
          environment: null,
          fingerprint: null,
          exceptionClass: null,
          rootCauseClass: null,
          category: null,
          severity: null,
        })
      const places = rows.map(({ windowMs, job }) => `${windowMs}/${job}`)
      expect(new Set(places).size).toBe(places.length)
      const hourOf = (minutes: number) => Math.floor(ago(minutes) / HOUR) * HOUR
      expect(rows.find(({ windowMs, job }) => job === 'billing' && windowMs === hourOf(10))).toMatchObject({
        count: 7,
        lastMs: ago(10) + 200,
      })
    })

    test('a baseline of five minutes sums to that of an hour', async () => {
      const rows = await baseline(['job'], 5 * MINUTE)
      expect(total(rows)).toBe(30)
      for (const { windowMs, lastMs } of rows) {
        expect(windowMs % (5 * MINUTE)).toBe(0)
        expect(Math.floor(lastMs / (5 * MINUTE)) * 5 * MINUTE).toBe(windowMs)
      }
    })

    test('a baseline may be asked by category, by everything, and by nothing', async () => {
      const sums = (rows: readonly { category: string | null; count: number }[]) => {
        const byCategory: Record<string, number> = {}
        for (const { category, count } of rows) byCategory[String(category)] = (byCategory[String(category)] ?? 0) + count
        return byCategory
      }
      expect(sums(await baseline(['category']))).toEqual({ network: 28, null: 2 })
      expect(sums(await baseline(TYPE_FIELDS))).toEqual({ network: 28, null: 2 })
      expect((await baseline(TYPE_FIELDS)).find(({ severity }) => severity === 'low')).toMatchObject({
        job: 'orders',
        environment: 'prod',
        fingerprint: 'fp-b',
        rootCauseClass: 'com.acme.Reset',
        count: 3,
      })
      expect(total(await baseline([]))).toBe(30)
    })

    test('a range without events has no rows', async () => {
      expect(await counts(230, 220)).toEqual([])
      expect(
        await adapter.alerts.baseline({ fromMs: hours().fromMs - 3 * HOUR, toMs: hours().fromMs - HOUR, intervalMs: HOUR, by: ['job'] }),
      ).toEqual([])
    })
  })
}

function someHosts(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `h${i + 1}`)
}

function someRows(ago: (minutes: number) => number): [RollupRow[], RollupRow[]] {
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
  const b = { ...a, fingerprint: 'fp-b', rootCauseClass: 'com.acme.Reset', severity: 'low', rule: 'connection-reset', title: 'Reset' }
  const bare = {
    fingerprint: 'fp-c',
    environment: null,
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
  const first = [
    aRow({ ...a, ...at(130, 0, 0), count: 5, hosts: someHosts(200) }),
    aRow({ ...a, ...at(70, 0, 0), count: 2, hosts: someHosts(40) }),
    aRow({ ...a, ...at(10, 100, 500), count: 4, hosts: ['h1', 'h2'], logger: 'com.acme.One' }),
    aRow({ ...b, ...at(10, 0, 0), count: 3, hosts: ['h1'] }),
    aRow({ ...a, ...at(10, 200, 200), job: 'billing', count: 7, hosts: [] }),
  ]
  const second = [
    aRow({ ...a, ...at(10, 300, 900), count: 6, hosts: ['h2', 'h3'], logger: 'com.acme.Two' }),
    aRow({ ...a, ...at(9, 0, 0), fingerprint: 'fp-new', fingerprintPrevious: 'fp-a', count: 1, hosts: ['h4'] }),
    aRow({ ...bare, ...at(8, 0, 0), job: 'bare', count: 2, hosts: ['h1'] }),
  ]
  return [first, second]
}
