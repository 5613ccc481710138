import { describe, expect, test } from 'vitest'
import type { CountRow } from '../../../src/alert/alert-reader.ts'
import { CountTable, DEFAULT_MAX_SERIES, OVERFLOW, type TableLimits } from '../../../src/alert/count-table.ts'
import { aCountRow, rowsByMinute } from '../../support/alert-builders.ts'
import { DAY, HOUR, MINUTE, T0 } from '../../support/builders.ts'

const END = T0 / MINUTE

function aTable(over: Partial<TableLimits> = {}): CountTable {
  return new CountTable({ minutes: 130, isLong: false, keepMs: 3 * HOUR, maxSeries: 1_000, ...over })
}

function read(table: CountTable, fromMinute: number, toMinute: number, rows: readonly CountRow[]): CountTable {
  table.replace({ fromMs: T0 + fromMinute * MINUTE, toMs: T0 + toMinute * MINUTE }, rows)
  return table
}

function sumOf(table: CountTable, endMinute: number, minutes: number, ago = 0, job = 'orders'): number {
  const entry = [...table.entries('job')].find(({ subject }) => subject.job === job)
  return entry === undefined ? 0 : table.sum(entry.series, END + endMinute, minutes, ago)
}

describe('the table', () => {
  test('sums a window, and the one before it', () => {
    const table = read(aTable(), 0, 6, rowsByMinute(T0, [1, 2, 4, 8, 16, 32]))
    expect([sumOf(table, 6, 2), sumOf(table, 6, 2, 2), sumOf(table, 4, 4), sumOf(table, 6, 120)]).toEqual([48, 12, 15, 63])
  })

  test('holds what the newest reading of a minute says, also where that is nothing', () => {
    const table = read(aTable(), 0, 3, rowsByMinute(T0, [5, 5, 5]))
    read(table, 1, 4, rowsByMinute(T0, [9, 7, 0, 1]))
    expect([1, 2, 3, 4].map((end) => sumOf(table, end, 1))).toEqual([5, 7, 0, 1])
  })

  test('adds up rows of the same minute and error type', () => {
    expect(sumOf(read(aTable(), 0, 1, [aCountRow({ count: 2 }), aCountRow({ count: 3 })]), 1, 1)).toBe(5)
  })

  test('forgets what falls out at the old end, and takes nothing that is older', () => {
    const table = read(aTable({ minutes: 80 }), 0, 1, rowsByMinute(T0, [5]))
    read(table, 100, 101, rowsByMinute(T0 + 100 * MINUTE, [1]))
    read(table, 0, 1, rowsByMinute(T0, [7]))
    expect(sumOf(table, 101, 120)).toBe(1)
  })

  test('knows every subject of a row, and which of them a minute has', () => {
    const table = read(aTable(), 0, 2, [aCountRow(), aCountRow({ job: 'payments', category: 'connection', windowMs: T0 + MINUTE })])
    const keys = (minute: number) =>
      Object.entries(table.active(END + minute)).map(
        ([per, entries]) => `${per} ${[...entries].map(({ subject }) => subject.job ?? subject.category ?? '-').join()}`,
      )
    expect(keys(0)).toEqual(['job orders', 'group orders', 'category bad-input', 'platform -'])
    expect(keys(1)).toEqual(['job payments', 'group payments', 'category connection', 'platform -'])
    expect(keys(2)).toEqual(['job ', 'group ', 'category ', 'platform '])
  })

  test('tells environments of one job apart', () => {
    const table = read(aTable(), 0, 1, [aCountRow(), aCountRow({ environment: null })])
    expect([...table.entries('job')].map(({ subject }) => subject.environment)).toEqual(['prod', null])
  })

  test('has no kind of trouble for events without a category', () => {
    const table = read(aTable(), 0, 1, [aCountRow({ category: null })])
    expect([...table.entries('category'), ...table.active(END).category]).toEqual([])
    expect([...table.active(END).platform]).toHaveLength(1)
  })

  test('knows the hosts of a window, and since when there are events', () => {
    const table = read(aTable(), 0, 5, [aCountRow({ windowMs: T0 + MINUTE, hosts: 3 }), aCountRow({ windowMs: T0 + 3 * MINUTE, hosts: 5 })])
    const { series } = [...table.entries('job')][0]!
    expect([table.hosts(series, END + 5, 5), table.hosts(series, END + 3, 3), table.beginning(series, END + 5, 5, 0) - END]).toEqual([
      5, 3, 1,
    ])
  })

  test('sums a window longer than two hours by tens of minutes, which may begin up to nine minutes early', () => {
    const table = aTable({ isLong: true, keepMs: DAY })
    table.replaceLong({ fromMs: T0 - 10 * HOUR, toMs: T0 }, [
      aCountRow({ windowMs: T0 - 5 * HOUR, count: 1_000 }),
      aCountRow({ windowMs: T0 - 3 * HOUR, count: 100 }),
    ])
    read(table, 0, 5, rowsByMinute(T0, [1, 1, 1, 1, 1]))
    expect([sumOf(table, 5, 240), sumOf(table, 5, 360), sumOf(table, 5, 300), sumOf(table, 5, 180, 180)]).toEqual([
      105, 1_105, 1_105, 1_000,
    ])
  })

  test('brings tens of minutes up to minutes that are read again', () => {
    const table = aTable({ isLong: true, keepMs: DAY })
    read(
      table,
      0,
      100,
      rowsByMinute(
        T0,
        Array.from({ length: 100 }, () => 1),
      ),
    )
    read(
      table,
      30,
      100,
      rowsByMinute(
        T0 + 30 * MINUTE,
        Array.from({ length: 70 }, () => 2),
      ),
    )
    read(table, 100, 130, [])
    expect(sumOf(table, 130, 130)).toBe(30 + 140)
  })

  test('past its bound counts new error types as the overflow of their job', () => {
    const rows = Array.from({ length: 50 }, (_, i) => aCountRow({ job: i % 2 === 0 ? 'orders' : 'payments', fingerprint: `v1:${i}` }))
    const table = read(aTable({ maxSeries: 10 }), 0, 1, rows)
    expect([sumOf(table, 1, 1, 0, 'orders'), sumOf(table, 1, 1, 0, 'payments')]).toEqual([25, 25])
    expect([...table.entries('group')].filter(({ subject }) => subject.fingerprint === OVERFLOW)).toHaveLength(2)
    expect(table.size()).toMatchObject({ series: 12, overflowed: 40 })
  })

  test('lets go of series that have been silent for long, and uses their room again', () => {
    const table = aTable({ keepMs: 2 * HOUR })
    read(
      table,
      0,
      1,
      Array.from({ length: 120 }, (_, i) => aCountRow({ fingerprint: `v1:${i}`, count: 7 })),
    )
    const { bytes } = table.size()
    read(
      table,
      200,
      201,
      Array.from({ length: 120 }, (_, i) => aCountRow({ windowMs: T0 + 200 * MINUTE, fingerprint: `v2:${i}` })),
    )
    read(
      table,
      260,
      261,
      Array.from({ length: 120 }, (_, i) => aCountRow({ windowMs: T0 + 260 * MINUTE, fingerprint: `v3:${i}` })),
    )
    expect(table.size()).toMatchObject({ series: 240, bytes })
    expect(sumOf(table, 261, 120)).toBe(240)
    expect(table.entry('group', 'nothing')).toBeNull()
  })

  test('knows the last event before a minute, also where later ones have come', () => {
    const table = read(aTable({ keepMs: DAY }), 0, 1, [aCountRow()])
    read(table, 300, 360, [aCountRow({ windowMs: T0 + 350 * MINUTE })])
    const { series } = [...table.entries('job')][0]!
    expect(
      [table.lastBefore(series, END + 360), table.lastBefore(series, END + 340), table.lastBefore(series, END)].map(
        (minute) => minute! - END,
      ),
    ).toEqual([350, 0, 0])
  })

  test('knows it of as many series as there can be', () => {
    const table = read(aTable(), 0, 1, [aCountRow()])
    const { series } = [...table.entries('job')][0]!
    const many = Array.from({ length: DEFAULT_MAX_SERIES }, () => series[0]!) // more than a call takes arguments
    expect(table.lastBefore(many, END + 10)).toBe(table.lastBefore(series, END + 10))
  })

  test('remembers what was seen before it began', () => {
    const table = aTable()
    table.noteSeen([aCountRow({ windowMs: T0 - HOUR, lastMs: T0 - HOUR + 100 })])
    const { series } = [...table.entries('job')][0]!
    expect([table.lastBefore(series, END), table.sum(series, END, 120)]).toEqual([END - 60, 0])
  })
})
