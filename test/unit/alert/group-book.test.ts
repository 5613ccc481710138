import { describe, expect, test } from 'vitest'
import { changeGroup, isNewAt, stateAt, type GroupRecord } from '../../../src/alert/group-book.ts'
import { GroupMemory } from '../../../src/alert/group-memory.ts'
import { aCountRow } from '../../support/alert-builders.ts'
import { DAY, HOUR, MINUTE, T0 } from '../../support/builders.ts'

const FP = 'v1:0000000000000001'
const ADA = { who: 'ada', atMs: T0 + HOUR }

function at(timeMs: number, over: Parameters<typeof aCountRow>[0] = {}) {
  return aCountRow({ windowMs: Math.floor(timeMs / MINUTE) * MINUTE, firstMs: timeMs, lastMs: timeMs, ...over })
}

function book(...timesMs: number[]): GroupMemory {
  const groups = new GroupMemory()
  for (const timeMs of timesMs) see(groups, timeMs)
  return groups
}

function see(groups: GroupMemory, timeMs: number, over: Parameters<typeof aCountRow>[0] = {}): GroupRecord[] {
  return groups.observe([at(timeMs, over)], { sinceMs: T0 - 100 * DAY, completeUntilMs: timeMs + HOUR })
}

function record(groups: GroupMemory, fingerprint = FP): GroupRecord {
  return groups.get('orders', fingerprint)!
}

describe('a group', () => {
  test('is known since its first event, new for seven days, then ongoing', () => {
    const group = record(book(T0, T0 + MINUTE))
    expect(group).toMatchObject({ firstSeenMs: T0, appeared: { atMs: T0, afterMs: null } })
    expect([T0, T0 + 7 * DAY - 1, T0 + 7 * DAY].map((time) => stateAt(group, time))).toEqual(['new', 'new', 'ongoing'])
  })

  test('that was silent for days appears again, and says for how long', () => {
    const group = record(book(T0, T0 + 20 * DAY, T0 + 20 * DAY + HOUR))
    expect(group).toMatchObject({ firstSeenMs: T0, appeared: { atMs: T0 + 20 * DAY, afterMs: 20 * DAY } })
    expect(isNewAt(group, T0 + 20 * DAY)).toBe(false)
  })

  test('that comes late, by event time, is known since then', () => {
    expect(record(book(T0, T0 - 10 * MINUTE))).toMatchObject({ firstSeenMs: T0 - 10 * MINUTE, appeared: { atMs: T0 - 10 * MINUTE } })
  })

  test('takes over what is known under the key before a change of rules', () => {
    const groups = book(T0)
    groups.change('orders', FP, { kind: 'resolve' }, { ...ADA, atMs: T0 + DAY })
    see(groups, T0 + 30 * MINUTE, { fingerprint: 'v2:02', previousFingerprint: FP })
    expect(record(groups, 'v2:02')).toMatchObject({
      fingerprint: 'v2:02',
      firstSeenMs: T0,
      resolvedAtMs: T0 + DAY,
      changes: [{ who: 'ada' }],
    })
  })

  test('that is among the first things seen is not called new', () => {
    const groups = new GroupMemory()
    groups.observe([at(T0), at(T0 + 2 * DAY, { fingerprint: 'v1:02' })], { sinceMs: T0, completeUntilMs: T0 })
    expect([isNewAt(record(groups), T0), isNewAt(record(groups, 'v1:02'), T0 + 2 * DAY)]).toEqual([false, true])
  })

  test('that appears in the first day after a time in which nobody watched was not silent, as far as anybody knows', () => {
    const groups = book(T0)
    see(groups, T0, { fingerprint: 'v1:02' })
    const again = (timeMs: number, fingerprint: string) =>
      groups.observe([at(timeMs, { fingerprint })], { sinceMs: T0 + 20 * DAY, completeUntilMs: timeMs })
    again(T0 + 20 * DAY + 23 * HOUR, FP)
    again(T0 + 21 * DAY, 'v1:02')
    expect([record(groups).appeared, record(groups, 'v1:02').appeared]).toEqual([
      { atMs: T0 + 20 * DAY + 23 * HOUR, afterMs: 0 },
      { atMs: T0 + 21 * DAY, afterMs: 21 * DAY },
    ])
  })

  test('is told apart by job: one error of two jobs is two groups', () => {
    const groups = book(T0)
    expect(see(groups, T0 + DAY, { job: 'payments' })).toMatchObject([{ job: 'payments', firstSeenMs: T0 + DAY }])
  })

  test('is written anew only where something has changed: read again, nothing; in the same hour, nothing', () => {
    const groups = book(T0)
    expect(see(groups, T0)).toEqual([])
    expect(see(groups, T0 + 59 * MINUTE)).toEqual([])
    expect(see(groups, T0 + 61 * MINUTE)).toHaveLength(1)
  })

  test('is forgotten when it was not seen for long, unless somebody said something about it', () => {
    const groups = book(T0)
    see(groups, T0, { fingerprint: 'v1:02' })
    groups.change('orders', 'v1:02', { kind: 'resolve' }, ADA)
    expect(groups.forget(T0 + 91 * DAY, 90 * DAY).map(({ fingerprint }) => fingerprint)).toEqual([FP])
    expect(groups.size).toBe(1)
  })

  test('of too many, those are forgotten that were not seen for longest', () => {
    const groups = book(T0)
    see(groups, T0 + DAY, { fingerprint: 'v1:02' })
    see(groups, T0 + 2 * DAY, { fingerprint: 'v1:03' })
    expect(groups.forget(T0 + 2 * DAY, 90 * DAY, 2).map(({ fingerprint }) => fingerprint)).toEqual([FP])
  })
})

describe('somebody', () => {
  test('resolves a group, and an event after that makes it a regression, by itself', () => {
    const groups = book(T0)
    groups.change('orders', FP, { kind: 'resolve' }, { ...ADA, comment: 'fixed in 1.2' })
    expect(stateAt(record(groups), T0 + HOUR)).toBe('resolved')
    see(groups, T0 + 2 * HOUR)
    expect(stateAt(record(groups), T0 + 2 * HOUR)).toBe('regressed')
    expect(record(groups).changes).toEqual([
      { to: 'resolved', who: 'ada', atMs: T0 + HOUR, comment: 'fixed in 1.2' },
      { to: 'regressed', who: null, atMs: T0 + 2 * HOUR, comment: null },
    ])
  })

  test('resolves a group, and an event of before that comes late is no regression', () => {
    const groups = book(T0)
    groups.change('orders', FP, { kind: 'resolve' }, ADA)
    see(groups, T0 + 30 * MINUTE)
    expect(stateAt(record(groups), T0 + 2 * HOUR)).toBe('resolved')
  })

  test('resolves what has regressed, and reopens what is resolved', () => {
    const groups = book(T0)
    groups.change('orders', FP, { kind: 'resolve' }, ADA)
    see(groups, T0 + 2 * HOUR)
    groups.change('orders', FP, { kind: 'resolve' }, { ...ADA, atMs: T0 + 3 * HOUR })
    expect(stateAt(record(groups), T0 + 3 * HOUR)).toBe('resolved')
    groups.change('orders', FP, { kind: 'reopen' }, { ...ADA, atMs: T0 + 4 * HOUR })
    expect(stateAt(record(groups), T0 + 4 * HOUR)).toBe('new')
  })

  test('mutes a group until a time, for ever, or until told otherwise', () => {
    const groups = book(T0)
    groups.change('orders', FP, { kind: 'mute', untilMs: T0 + 2 * HOUR, untilCount: null }, ADA)
    expect([T0 + HOUR - 1, T0 + HOUR, T0 + 2 * HOUR].map((time) => stateAt(record(groups), time))).toEqual(['new', 'muted', 'new'])
    groups.change('orders', FP, { kind: 'mute', untilMs: null, untilCount: null }, ADA)
    expect(stateAt(record(groups), T0 + 400 * DAY)).toBe('muted')
    groups.change('orders', FP, { kind: 'unmute' }, { ...ADA, atMs: T0 + 3 * HOUR })
    expect(stateAt(record(groups), T0 + 3 * HOUR)).toBe('new')
    expect([...groups.muted()]).toEqual([])
  })

  test('mutes a group until so many events: each complete minute counts once, whatever is read again', () => {
    const groups = book(T0)
    groups.change('orders', FP, { kind: 'mute', untilMs: null, untilCount: 10 }, ADA)
    const rows = [at(T0 + HOUR + MINUTE, { count: 4 }), at(T0 + HOUR + MINUTE, { count: 2, exceptionClass: 'a.B' })]
    const read = (completeUntilMs: number) => groups.observe(rows, { sinceMs: T0 - 100 * DAY, completeUntilMs })
    read(T0 + HOUR + MINUTE) // under way
    expect(record(groups).mute).toMatchObject({ counted: 0 })
    read(T0 + HOUR + 2 * MINUTE)
    read(T0 + HOUR + 9 * MINUTE)
    expect(record(groups).mute).toMatchObject({ counted: 6 })
    expect(stateAt(record(groups), T0 + 2 * HOUR)).toBe('muted')
    see(groups, T0 + HOUR + 5 * MINUTE, { count: 4 })
    expect(stateAt(record(groups), T0 + 2 * HOUR)).toBe('new')
  })

  test('does not count events of before the mute: whole minutes after it', () => {
    const groups = book(T0)
    groups.change('orders', FP, { kind: 'mute', untilMs: null, untilCount: 10 }, { ...ADA, atMs: T0 + HOUR + 59_000 })
    see(groups, T0 + HOUR, { count: 6_000 })
    expect(record(groups).mute).toMatchObject({ counted: 0 })
    see(groups, T0 + HOUR + MINUTE, { count: 7 })
    expect(record(groups).mute).toMatchObject({ counted: 7 })
  })

  test('cannot do what does not go from there', () => {
    const group = record(book(T0))
    const resolved = changeGroup(group, { kind: 'resolve' }, ADA)
    for (const [from, action] of [
      [group, { kind: 'reopen' }],
      [group, { kind: 'unmute' }],
      [resolved, { kind: 'resolve' }],
      [group, { kind: 'mute', untilMs: T0, untilCount: null }],
    ] as const)
      expect(() => changeGroup(from, action, ADA)).toThrow(RangeError)
    expect(new GroupMemory().change('orders', FP, { kind: 'resolve' }, ADA)).toBeNull()
  })

  test('is named in the last twenty changes', () => {
    let group = record(book(T0))
    for (let i = 0; i < 15; i++)
      group = changeGroup(changeGroup(group, { kind: 'resolve' }, ADA), { kind: 'reopen' }, { ...ADA, who: `ada ${i}` })
    expect(group.changes).toHaveLength(20)
    expect(group.changes.at(-1)).toMatchObject({ to: 'reopened', who: 'ada 14' })
  })
})
