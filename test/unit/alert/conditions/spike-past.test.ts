/** The spike rule over pasts that are not a plain week: young jobs, a day of outage, a clock that was changed. One job, counts as chance brings them. */
import { describe, expect, test } from 'vitest'
import type { CountRow } from '../../../../src/alert/alert-reader.ts'
import { aCountRow, aRule } from '../../../support/alert-builders.ts'
import { replay } from '../../../../src/alert/replay.ts'
import { DAY, HOUR, MINUTE, T0 } from '../../../support/builders.ts'

const BUCKET = 5 * MINUTE
const MIDNIGHT = Math.floor(T0 / DAY) * DAY
const RULE = aRule({ condition: { spike: { minimum: 10 } }, keepFiring: '15m' })

/** The same numbers at every run: a multiplicative generator. */
function chance(seed: number): () => number {
  let state = seed
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647
}

function poisson(mean: number, random: () => number): number {
  const end = Math.exp(-mean)
  let count = 0
  for (let product = random(); product > end; product *= random()) count++
  return count
}

/** Events of each five minutes from `fromMs` on, as many as `meanAt` says on average. */
function history(fromMs: number, toMs: number, meanAt: (timeMs: number) => number, seed = 7): CountRow[] {
  const random = chance(seed)
  const rows: CountRow[] = []
  for (let at = fromMs; at < toMs; at += BUCKET) {
    const count = poisson(meanAt(at), random)
    if (count > 0) rows.push(aCountRow({ windowMs: at, count }))
  }
  return rows
}

/** Twenty by day, two by night, with the clock's hour moved by so much. */
function office(timeMs: number, movedMs = 0): number {
  const hour = ((timeMs + movedMs) % DAY) / HOUR
  return hour >= 7 && hour < 19 ? 20 : 2
}

function firedAt(rows: readonly CountRow[], fromMs: number, toMs: number): number[] {
  return replay([RULE], rows, { fromMs, toMs }).map(({ startsAtMs }) => startsAtMs)
}

function withSpike(rows: readonly CountRow[], atMs: number, count: number): CountRow[] {
  return [...rows, aCountRow({ windowMs: atMs, count })].sort((a, b) => a.windowMs - b.windowMs)
}

describe('a job that is three days old', () => {
  const rows = history(MIDNIGHT - 3 * DAY, MIDNIGHT + DAY, (at) => office(at))

  test('makes no spike of its usual day', () => {
    expect(firedAt(rows, MIDNIGHT, MIDNIGHT + DAY)).toEqual([])
  })

  test('makes one of many times that', () => {
    const at = MIDNIGHT + 12 * HOUR + 10 * MINUTE
    expect(firedAt(withSpike(rows, at, 6 * 60), MIDNIGHT, MIDNIGHT + DAY)).toEqual([at])
  })
})

describe('a day without any count in the past', () => {
  const out = (at: number) => at >= MIDNIGHT - 3 * DAY && at < MIDNIGHT - 2 * DAY
  const rows = history(MIDNIGHT - 8 * DAY, MIDNIGHT + DAY, (at) => (out(at) ? 0 : office(at)))

  test('makes no spike of a usual day', () => {
    expect(firedAt(rows, MIDNIGHT, MIDNIGHT + DAY)).toEqual([])
  })

  test('hides none', () => {
    const at = MIDNIGHT + 12 * HOUR + 10 * MINUTE
    expect(firedAt(withSpike(rows, at, 6 * 60), MIDNIGHT, MIDNIGHT + DAY)).toEqual([at])
  })

  test('makes none of the first hours after it, either', () => {
    expect(firedAt(rows, MIDNIGHT - 2 * DAY, MIDNIGHT - DAY)).toEqual([])
  })
})

describe('a clock that is changed', () => {
  /** A nightly task of a local time: ten minutes of 300 events, an hour earlier by UTC from midnight on. */
  const task = (at: number) => {
    const local = (at + (at >= MIDNIGHT ? HOUR : 0)) % DAY
    return local >= 3 * HOUR && local < 3 * HOUR + 10 * MINUTE ? 300 : 1
  }

  test('makes a daily task of a local time a spike on two days, as an incident of one day is not usual yet, and then no more', () => {
    const rows = history(MIDNIGHT - 8 * DAY, MIDNIGHT + 4 * DAY, task)
    expect(firedAt(rows, MIDNIGHT, MIDNIGHT + 4 * DAY).map((at) => (at - MIDNIGHT) / HOUR)).toEqual([2, 26])
  })

  test('so also a working day that begins an hour earlier', () => {
    const rows = history(MIDNIGHT - 8 * DAY, MIDNIGHT + 4 * DAY, (at) => office(at, at >= MIDNIGHT ? HOUR : 0))
    expect(firedAt(rows, MIDNIGHT, MIDNIGHT + 4 * DAY).map((at) => Math.floor((at - MIDNIGHT) / HOUR))).toEqual([6, 30])
  })
})
