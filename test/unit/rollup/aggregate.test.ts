/** Aggregating: partial rows that merge, additions for the ledger, and nothing below the committed position. */
import { beforeEach, describe, expect, test } from 'vitest'
import type { Classification } from '../../../src/event.ts'
import type { Item } from '../../../src/stream/item.ts'
import { Aggregator } from '../../../src/rollup/aggregate.ts'
import { contributorKey, type Resume } from '../../../src/store/position.ts'
import { MAX_HOSTS_PER_ROW, MAX_SAMPLE_CHARS } from '../../../src/store/rollup-store.ts'
import { aPartition, changed, T0 } from '../../support/builders.ts'
import { dead, drop, ok } from '../stream/items.ts'

const P0 = aPartition()
const P1 = aPartition({ partition: 1 })
const resume = (over: Partial<Resume> = {}): Resume => ({ incarnation: 0, from: 0, next: 0, lost: null, ...over })

describe('an aggregator', () => {
  let aggregator: Aggregator

  beforeEach(() => {
    aggregator = new Aggregator({ blockSize: 10, rules: { digest: 'r1' }, now: () => T0 })
    aggregator.open(P0, resume())
  })

  const fold = (items: Item[], next: number, partition = P0): void => aggregator.fold(partition, items, next)
  const rowsOf = () => aggregator.take().flatMap(({ rows }) => rows)

  test('one row for each window, job and error type, with their count and times', () => {
    fold(
      [ok(0, { timeMs: T0 + 7 }), ok(1, { timeMs: T0 + 2 }), ok(2, { job: 'b' }), ok(3, { fp: 'v1:b' }), ok(4, { timeMs: T0 + 60_000 })],
      5,
    )
    const rows = rowsOf()
    expect(rows.map(({ job, fingerprint, windowMs, count }) => [job, fingerprint, windowMs - T0, count])).toEqual([
      ['orders', 'v1:a', 0, 2],
      ['b', 'v1:a', 0, 1],
      ['orders', 'v1:b', 0, 1],
      ['orders', 'v1:a', 60_000, 1],
    ])
    expect([rows[0]?.firstMs, rows[0]?.lastMs]).toEqual([T0 + 2, T0 + 7])
  })

  test('events that differ in what the rules say of them are counted apart, and their rows say it', () => {
    const heap: Classification = { category: 'out-of-memory', severity: 'critical', rule: 'heap-memory', advice: null, link: null }
    const said = [null, heap, { ...heap, severity: 'high' as const }, { ...heap, rule: 'mine' }]
    fold(
      said.map((classification, i) => changed(ok(i), { classification })),
      4,
    )
    fold([changed(ok(4), { previous: 'v0:a' }), changed(ok(5), { previous: 'v0:b' }), changed(ok(6), { previous: 'v0:b' })], 7)
    expect(
      rowsOf().map(({ category, severity, rule, fingerprintPrevious, count }) => [category, severity, rule, fingerprintPrevious, count]),
    ).toEqual([
      [null, null, null, null, 1],
      ['out-of-memory', 'critical', 'heap-memory', null, 1],
      ['out-of-memory', 'high', 'heap-memory', null, 1],
      ['out-of-memory', 'critical', 'mine', null, 1],
      [null, null, null, 'v0:a', 1],
      [null, null, null, 'v0:b', 2],
    ])
  })

  test('a part holds what came since the part before', () => {
    fold([ok(0), dead(1)], 2)
    aggregator.take()
    fold([ok(2), drop(3)], 4)
    const [part] = aggregator.take()
    expect(part?.rows.map(({ count }) => count)).toEqual([1])
    expect(part?.ledger).toMatchObject([
      { contributor: contributorKey(P0, 0), next: 4, counts: { consumed: 2, counted: 1, 'filtered.level': 1 } },
    ])
    expect(part?.letters).toEqual([])
    expect(part?.progress).toEqual({ partition: P0, incarnation: 0, next: 4, from: 0, rules: 'r1' })
  })

  test('letters travel with the part in which they were found', () => {
    fold([dead(1)], 2)
    expect(aggregator.waitingBytes()).toBeGreaterThan(0)
    expect(aggregator.take()[0]?.letters).toMatchObject([{ offset: 1 }])
    expect(aggregator.waitingBytes()).toBe(0)
  })

  test('what lies below the committed position is neither counted nor accounted for', () => {
    aggregator.open(P1, resume({ from: 10, next: 13 }))
    fold([ok(10), dead(11), ok(12)], 13, P1)
    expect(aggregator.take()).toEqual([])
    fold([ok(12), ok(13)], 14, P1)
    expect(aggregator.take()).toMatchObject([
      { progress: { next: 14, from: 10 }, rows: [{ count: 1 }], ledger: [{ counts: { consumed: 1, counted: 1 } }] },
    ])
  })

  test('only partitions that moved have a part', () => {
    aggregator.open(P1, resume())
    fold([], 5, P1)
    expect(aggregator.take().map(({ progress }) => [progress.partition.partition, progress.next])).toEqual([[1, 5]])
    expect(aggregator.take()).toEqual([])
  })

  test('a lost range is a part of its own accord', () => {
    aggregator.open(P1, resume({ from: 30, next: 30, lost: { from: 22, to: 30, reason: 'skipped' } }))
    expect(aggregator.take()).toMatchObject([{ progress: { next: 30 }, rows: [], ledger: [{ counts: { consumed: 8, skipped: 8 } }] }])
  })

  test('past the most hosts of a row a second one is begun, and their sum is exact', () => {
    const hosts = Array.from({ length: MAX_HOSTS_PER_ROW + 3 }, (_, i) => `host-${i}`)
    fold([...hosts.map((host, i) => ok(i, { host })), ok(500, { host: 'host-258' }), ok(501, { host: null })], 502)
    expect(aggregator.waitingRows()).toBe(2)
    const rows = rowsOf()
    expect(rows.map(({ hosts: held }) => held.length)).toEqual([MAX_HOSTS_PER_ROW, 3])
    expect(rows.reduce((sum, { count }) => sum + count, 0)).toBe(MAX_HOSTS_PER_ROW + 5)
  })

  test('rows that wait are counted, also when a partition is dropped', () => {
    aggregator.open(P1, resume())
    fold([ok(0), ok(1, { fp: 'v1:b' })], 2)
    fold([ok(0)], 1, P1)
    expect(aggregator.waitingRows()).toBe(3)
    aggregator.drop(P0)
    expect(aggregator.waitingRows()).toBe(1)
    expect(aggregator.take().map(({ progress }) => progress.partition)).toEqual([P1])
    expect(aggregator.waitingRows()).toBe(0)
  })

  test('a sample message is cut between characters', () => {
    fold([ok(0, { message: `${'x'.repeat(MAX_SAMPLE_CHARS - 1)}😀` })], 1)
    expect(rowsOf()[0]?.sampleMessage).toBe(`${'x'.repeat(MAX_SAMPLE_CHARS - 1)}\ufffd`)
  })
})
