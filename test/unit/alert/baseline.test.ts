import { describe, expect, test } from 'vitest'
import type { BaselineRow, TypeField } from '../../../src/alert/alert-reader.ts'
import { Baseline, type View } from '../../../src/alert/baseline.ts'
import { subjectKey } from '../../../src/alert/count-table.ts'
import { matchTest } from '../../../src/alert/matcher.ts'
import { ANYTHING } from '../../../src/alert/rule.ts'
import { aCountRow } from '../../support/alert-builders.ts'
import { DAY, HOUR, MINUTE, T0 } from '../../support/builders.ts'

const BY_JOB: readonly TypeField[] = ['job', 'environment']
const JOBS: View = { key: 'jobs', per: 'job', test: matchTest(ANYTHING), by: BY_JOB }
const ORDERS = subjectKey({ job: 'orders', environment: 'prod', fingerprint: null, category: null })

/** Twenty events every five minutes. */
function steady(fromMs: number, toMs: number, count = 20): BaselineRow[] {
  const rows: BaselineRow[] = []
  for (let at = fromMs; at < toMs; at += 5 * MINUTE) rows.push(aCountRow({ windowMs: at, count }))
  return rows
}

function read(fromMs: number, toMs: number, count = 20): Baseline {
  const baseline = new Baseline([JOBS])
  baseline.replace({ fromMs, toMs }, BY_JOB, steady(fromMs, toMs, count))
  return baseline
}

function usual(baseline: Baseline, timeMs: number, key = ORDERS): number | null {
  const mean = baseline.usual('jobs', [key], timeMs, 7)?.mean
  return mean === undefined ? null : Math.round(mean)
}

describe('the baseline', () => {
  test('knows what is usual in a quarter of an hour', () => {
    expect(usual(read(T0 - 8 * DAY, T0), T0 + 40 * MINUTE)).toBe(60)
  })

  test('is the same however it was read: in parts, in any order, twice', () => {
    const parts = [6, 2, 7, 1, 4, 3, 5, 0, 6].map((day) => ({ fromMs: T0 - (day + 1) * DAY, toMs: T0 - day * DAY }))
    const baseline = new Baseline([JOBS])
    for (const part of parts) baseline.replace(part, BY_JOB, steady(part.fromMs, part.toMs))
    expect(baseline.usual('jobs', [ORDERS], T0 + 40 * MINUTE, 7)).toEqual(
      read(T0 - 8 * DAY, T0).usual('jobs', [ORDERS], T0 + 40 * MINUTE, 7),
    )
  })

  test('takes rows of minutes as well as of five', () => {
    const baseline = new Baseline([JOBS])
    const minutes = Array.from({ length: 8 * 1_440 }, (_, i) => aCountRow({ windowMs: T0 - 8 * DAY + i * MINUTE, count: 4 }))
    baseline.replace({ fromMs: T0 - 8 * DAY, toMs: T0 }, BY_JOB, minutes)
    expect(usual(baseline, T0 + 40 * MINUTE)).toBe(60)
  })

  test('holds what the newest reading says', () => {
    const baseline = read(T0 - 8 * DAY, T0)
    baseline.replace({ fromMs: T0 - 8 * DAY, toMs: T0 }, BY_JOB, steady(T0 - 8 * DAY, T0, 40))
    expect(usual(baseline, T0 + 40 * MINUTE)).toBe(120)
  })

  test('says nothing of what it has not read to the hour, of a subject that it does not know, and of less than an hour', () => {
    expect(usual(read(T0 - 8 * DAY, T0 - HOUR), T0 + 40 * MINUTE)).toBeNull()
    expect(usual(read(T0 - 8 * DAY, T0 - HOUR), T0 + 10 * MINUTE)).toBe(60)
    expect(usual(read(T0 - 8 * DAY, T0), T0 + 40 * MINUTE, 'nobody')).toBeNull()
    expect(usual(read(T0 - 30 * MINUTE, T0), T0 + 40 * MINUTE)).toBeNull()
  })

  test('does not take a gap in what was read for silence', () => {
    const baseline = new Baseline([JOBS])
    baseline.replace({ fromMs: T0 - 8 * DAY, toMs: T0 - 3 * DAY }, BY_JOB, steady(T0 - 8 * DAY, T0 - 3 * DAY))
    baseline.replace({ fromMs: T0 - DAY, toMs: T0 }, BY_JOB, steady(T0 - DAY, T0))
    expect(usual(baseline, T0 + 40 * MINUTE)).toBe(60)
  })

  test('does not take the time before a job began for silence', () => {
    const baseline = new Baseline([JOBS])
    baseline.replace({ fromMs: T0 - 8 * DAY, toMs: T0 }, BY_JOB, steady(T0 - DAY, T0))
    expect(usual(baseline, T0 + 40 * MINUTE)).toBe(60)
  })

  test("adds a group's past under the key before a change of fingerprint rules", () => {
    const view: View = { key: 'groups', per: 'group', test: matchTest(ANYTHING), by: ['job', 'environment', 'fingerprint'] }
    const baseline = new Baseline([view])
    const rows = steady(T0 - 8 * DAY, T0).map((row) => ({ ...row, fingerprint: row.windowMs < T0 - 2 * DAY ? 'v1:old' : 'v2:new' }))
    baseline.replace({ fromMs: T0 - 8 * DAY, toMs: T0 }, view.by, rows)
    const keys = ['v2:new', 'v1:old'].map((fingerprint) => subjectKey({ job: 'orders', environment: 'prod', fingerprint, category: null }))
    expect(Math.round(baseline.usual('groups', keys, T0 + 40 * MINUTE, 7)!.mean)).toBe(60)
  })

  test('is read once for each set of fields, however many views there are', () => {
    const category: View = { key: 'category', per: 'category', test: matchTest(ANYTHING), by: ['category'] }
    const some: View = { ...JOBS, key: 'some', test: matchTest({ ...ANYTHING, job: ['ord*'] }) }
    const baseline = new Baseline([JOBS, category, some])
    expect(baseline.readings()).toEqual([BY_JOB, ['category']])
    baseline.replace({ fromMs: T0 - 8 * DAY, toMs: T0 }, BY_JOB, steady(T0 - 8 * DAY, T0))
    expect(baseline.usual('some', [ORDERS], T0 + 40 * MINUTE, 7)).not.toBeNull()
    expect(
      baseline.usual(
        'category',
        [subjectKey({ job: null, environment: null, fingerprint: null, category: 'bad-input' })],
        T0 + 40 * MINUTE,
        7,
      ),
    ).toBeNull()
  })

  test('keeps eight days, only buckets with events, and no more than its bound', () => {
    const baseline = read(T0 - 20 * DAY, T0)
    expect(baseline.size().cells).toBe(8 * 288)
    const small = new Baseline([JOBS], { maxCells: 2 })
    small.replace(
      { fromMs: T0 - DAY, toMs: T0 },
      BY_JOB,
      ['a', 'b', 'c', 'd'].map((job) => aCountRow({ job, windowMs: T0 - HOUR })),
    )
    expect(small.size()).toEqual({ cells: 2, leftOut: 2 })
  })
})
