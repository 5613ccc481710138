/** The laws of the count table, against a plain map: readings replace, rows add up, and the order of neither counts. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { CountRow } from '../../src/alert/alert-reader.ts'
import { CountTable } from '../../src/alert/count-table.ts'
import { aCountRow } from '../support/alert-builders.ts'
import { DAY, MINUTE, T0 } from '../support/builders.ts'

const RING = 140
const JOBS = ['a', 'b', 'c']
const HOSTS = ['h0', 'h1', 'h2', 'h3', 'h4']

interface Reading {
  readonly from: number
  readonly to: number
  readonly rows: readonly {
    readonly minute: number
    readonly job: number
    readonly type: number
    readonly count: number
    readonly hosts: readonly string[]
  }[]
}

const rowOf = (from: number, to: number) =>
  fc.record({
    minute: fc.integer({ min: from, max: to - 1 }),
    job: fc.nat(2),
    type: fc.nat(1),
    count: fc.integer({ min: 1, max: 100 }),
    hosts: fc.subarray(HOSTS),
  })
const readings: fc.Arbitrary<Reading> = fc
  .tuple(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 1, max: 30 }))
  .chain(([from, length]) =>
    fc.record({ from: fc.constant(from), to: fc.constant(from + length), rows: fc.array(rowOf(from, from + length), { maxLength: 20 }) }),
  )

function aTable(isLong = false): CountTable {
  return new CountTable({ minutes: RING, isLong, keepMs: 2 * DAY, maxSeries: 100 })
}

function read(table: CountTable, { from, to, rows }: Reading): CountTable {
  table.replace({ fromMs: T0 + from * MINUTE, toMs: T0 + to * MINUTE }, rows.map(countRow))
  return table
}

function countRow({ minute, job, type, count, hosts }: Reading['rows'][number]): CountRow {
  return aCountRow({ windowMs: T0 + minute * MINUTE, job: JOBS[job]!, fingerprint: `v1:0${type}`, count, hosts })
}

/** Of every job, of windows that end at every tenth minute. */
function sums(table: CountTable): Record<string, number[]> {
  const ends = Array.from({ length: 14 }, (_, i) => T0 / MINUTE + i * 10)
  return Object.fromEntries(
    [...table.entries('job')]
      .map(({ subject, series }) => [subject.job, ends.flatMap((end) => [1, 7, 60].map((minutes) => table.sum(series, end, minutes)))])
      .filter(([, all]) => (all as number[]).some((sum) => sum > 0)),
  )
}

test('a table says what a plain map of minutes says', () => {
  fc.assert(
    fc.property(
      fc.array(readings, { minLength: 1, maxLength: 12 }),
      fc.integer({ min: 1, max: 130 }),
      fc.integer({ min: 1, max: 100 }),
      (all, end, minutes) => {
        const table = aTable()
        const plain = new Map<string, number>()
        const plainHosts = new Map<string, string[]>()
        for (const reading of all) {
          read(table, reading)
          for (const job of JOBS)
            for (let minute = reading.from; minute < reading.to; minute++)
              for (const map of [plain, plainHosts]) map.delete(`${job} ${minute}`)
          for (const { minute, job, count, hosts } of reading.rows) {
            const key = `${JOBS[job]} ${minute}`
            plain.set(key, (plain.get(key) ?? 0) + count)
            plainHosts.set(key, [...(plainHosts.get(key) ?? []), ...hosts])
          }
        }
        for (const { subject, series } of table.entries('job')) {
          let expected = 0
          for (let minute = end - minutes; minute < end; minute++) expected += plain.get(`${subject.job} ${minute}`) ?? 0
          expect(table.sum(series, T0 / MINUTE + end, minutes)).toBe(expected)
          const window = Array.from({ length: minutes }, (_, i) => plainHosts.get(`${subject.job} ${end - minutes + i}`) ?? [])
          expect(table.hosts(series, T0 / MINUTE + end, minutes)).toBe(new Set(window.flat()).size)
        }
      },
    ),
  )
})

test('reading a range again is harmless', () => {
  fc.assert(
    fc.property(fc.array(readings, { maxLength: 6 }), readings, (all, again) => {
      const once = all.concat(again).reduce(read, aTable())
      expect(sums(read(all.concat(again).reduce(read, aTable()), again))).toEqual(sums(once))
    }),
  )
})

test('ranges that do not meet may be read in any order, in one piece or in two', () => {
  fc.assert(
    fc.property(readings, readings, fc.nat(30), (first, other, at) => {
      const second = { ...other, from: other.from + 131, to: other.to + 131, rows: [] }
      const near = { ...other, from: (other.from % 20) + 101, to: (other.from % 20) + 102 + (other.to - other.from), rows: [] }
      const low = {
        ...first,
        from: first.from % 50,
        to: (first.from % 50) + (first.to - first.from),
        rows: first.rows.map((row) => ({ ...row, minute: row.minute - first.from + (first.from % 50) })),
      }
      expect(sums([near, low].reduce(read, aTable()))).toEqual(sums([low, near].reduce(read, aTable())))
      expect(second.from).toBeGreaterThan(near.to - 60)
      const cut = Math.min(low.to, low.from + at)
      const halves = [
        { ...low, to: cut, rows: low.rows.filter(({ minute }) => minute < cut) },
        { ...low, from: cut, rows: low.rows.filter(({ minute }) => minute >= cut) },
      ]
      expect(sums(halves.reduce(read, aTable()))).toEqual(sums(read(aTable(), low)))
    }),
  )
})

test('the order of rows does not count, and rows of one minute add up', () => {
  fc.assert(
    fc.property(readings, fc.nat(20), (reading, turn) => {
      const turned = [...reading.rows.slice(turn), ...reading.rows.slice(0, turn)]
      const split = turned.flatMap((row) =>
        row.count === 1
          ? [row]
          : [
              { ...row, count: 1 },
              { ...row, count: row.count - 1 },
            ],
      )
      expect(sums(read(aTable(), { ...reading, rows: split }))).toEqual(sums(read(aTable(), reading)))
    }),
  )
})

test('a long window holds at least its minutes, and at most nine more', () => {
  fc.assert(
    fc.property(fc.array(readings, { minLength: 1, maxLength: 8 }), fc.integer({ min: 121, max: 135 }), (all, minutes) => {
      const table = [...all, { from: 130, to: 140, rows: [] }].reduce(read, aTable(true))
      const end = T0 / MINUTE + 140
      for (const { series } of table.entries('job')) {
        const byMinutes = (length: number) =>
          table.sum(series, end, Math.min(120, length)) + table.sum(series, end - 120, Math.max(0, length - 120))
        expect(table.sum(series, end, minutes)).toBeGreaterThanOrEqual(byMinutes(minutes))
        expect(table.sum(series, end, minutes)).toBeLessThanOrEqual(byMinutes(Math.min(RING, minutes + 9)))
      }
    }),
  )
})
