import { describe, expect, it } from 'vitest'
import type { Alert } from '../../../../src/alert/alert.ts'
import { Schedule } from '../../../../src/alert/deliver/schedule.ts'
import { HOUR, MINUTE, T0 } from '../../../support/builders.ts'
import { anAlert, resolved } from './alerts.ts'
import { billing, Clocked, loud, orders, words } from './clocked.ts'
import { aPolicy, aTrouble, forgetfulPolicy, promptPolicy, SECOND } from './policies.ts'

describe('while a notification is under way', () => {
  it('its group opens no other', () => {
    const one = new Clocked(promptPolicy())
    one.observe(orders)
    const [first] = one.open()
    one.observe(billing, resolved(orders))
    one.nowMs += HOUR
    expect(one.open()).toEqual([])
    one.schedule.sent(first!)
    expect(one.told()).toEqual([['billing firing', 'orders resolved']])
  })

  it('what it says does not change', () => {
    const one = new Clocked(promptPolicy())
    one.observe(orders)
    one.open()
    one.observe({ ...orders, count: 9 })
    one.observe(resolved(orders))
    expect(one.takeOver().open.map((notification) => [words(notification), notification.alerts[0]?.count])).toEqual([
      [['orders firing'], 1_234],
    ])
  })

  it('a settlement for another id changes nothing', () => {
    const one = new Clocked(promptPolicy())
    one.observe(orders)
    const [first] = one.open()
    one.schedule.sent({ ...first!, id: 'another' })
    one.nowMs += HOUR
    expect(one.open()).toEqual([])
  })
})

describe('what did not get through', () => {
  it('is tried again, with the same id, after pauses that double up to an hour', () => {
    const one = new Clocked(promptPolicy())
    one.observe(orders)
    const ids = new Set<string>()
    const at: number[] = []
    for (; one.nowMs < T0 + 6 * HOUR; one.nowMs += MINUTE) {
      for (const notification of one.open()) {
        ids.add(notification.id)
        at.push((one.nowMs - T0) / MINUTE)
        one.schedule.failed(notification, aTrouble({ atMs: one.nowMs }))
      }
    }
    expect(at).toEqual([0, 1, 3, 7, 15, 31, 63, 123, 183, 243, 303])
    expect(ids.size).toBe(1)
    expect(one.schedule.troubles()).toMatchObject([{ receiver: 'oncall', group: 'rule=spike', trouble: { reason: 'refused' } }])
  })

  it('is told at last, and the trouble is over', () => {
    const one = new Clocked(promptPolicy())
    one.observe(orders)
    one.schedule.failed(one.open()[0]!, aTrouble({ atMs: T0 }))
    expect(one.toldWithin(MINUTE)).toEqual({ 60: [['orders firing']] })
    expect(one.schedule.troubles()).toEqual([])
  })

  it('is told as it is by then', () => {
    const one = new Clocked(promptPolicy())
    one.observe(orders)
    const [first] = one.open()
    one.observe(resolved(orders))
    one.schedule.failed(first!, aTrouble({ atMs: T0 }))
    expect(one.toldWithin(MINUTE)).toEqual({ 60: [['orders resolved']] })
  })

  it('does not wait for company once more, because something came meanwhile', () => {
    const one = new Clocked(aPolicy({ groupWaitMs: 5 * MINUTE, groupIntervalMs: 0 }))
    one.observe(orders)
    one.nowMs += 5 * MINUTE
    const [first] = one.open()
    one.observe(resolved(orders))
    one.schedule.failed(first!, aTrouble({ atMs: one.nowMs }))
    expect(one.toldWithin(10 * MINUTE)).toEqual({ 60: [['orders resolved']] })
  })

  it('is shown for a day, then forgotten', () => {
    const one = new Clocked(promptPolicy())
    one.observe(orders)
    const [first] = one.open()
    one.observe(resolved(orders))
    for (let notification = first; one.nowMs < T0 + 30 * HOUR; one.nowMs += HOUR) {
      if (notification !== undefined) one.schedule.failed(notification, aTrouble({ atMs: one.nowMs }))
      notification = one.open()[0]
    }
    expect(one.schedule.held('oncall')).toBe(0)
    expect(one.schedule.troubles()).toHaveLength(1)
    one.nowMs += 24 * HOUR
    one.told()
    expect(one.schedule.troubles()).toEqual([])
    expect(one.kept.size).toBe(0)
  })
})

describe('a receiver that forgets', () => {
  it('is told at every interval while an alert fires, and for five minutes after it has ended', () => {
    const one = new Clocked(forgetfulPolicy())
    one.observe(orders)
    expect(Object.keys(one.toldWithin(3 * MINUTE))).toEqual(['0', '60', '120', '180'])
    one.observe(resolved(orders))
    const after = one.toldWithin(20 * MINUTE)
    expect(Object.values(after)).toEqual(Array.from({ length: 5 }, () => [['orders resolved']]))
    expect(Object.keys(after)).toEqual(['0', '60', '120', '180', '240'])
    expect(one.kept.size).toBe(0)
  })

  it('is told no more of an end once the alert fires anew', () => {
    const one = new Clocked(forgetfulPolicy())
    one.observe(orders)
    one.told()
    one.observe(resolved(orders))
    one.told()
    one.nowMs += SECOND
    one.observe({ ...orders, startsAtMs: one.nowMs })
    expect(Object.values(one.toldWithin(10 * MINUTE)).flat()).toEqual(Array.from({ length: 11 }, () => ['orders firing']))
  })

  it('is told of an acknowledged alert, and of no muted one', () => {
    const one = new Clocked(forgetfulPolicy())
    one.suppressionOf = ({ subject }) => (subject.job === 'orders' ? 'repeats' : 'all')
    one.observe(orders, billing)
    expect(Object.values(one.toldWithin(2 * MINUTE)).flat()).toEqual(Array.from({ length: 3 }, () => ['orders firing']))
  })

  it('is told everything anew after a take-over, and of an end for what is left of the time', () => {
    const one = new Clocked(forgetfulPolicy())
    one.observe(orders, billing)
    one.told()
    one.observe(resolved(billing))
    one.told()
    one.nowMs += 2 * MINUTE + SECOND
    one.takeOver()
    expect(one.told()).toEqual([['orders firing', 'billing resolved']])
    one.nowMs += 3 * MINUTE
    expect(one.told()).toEqual([['orders firing']])
  })

  it('is told of an end that came while it was being told, also by another process', () => {
    const one = new Clocked(forgetfulPolicy())
    one.observe(orders)
    one.open()
    one.observe(resolved(orders))
    one.keep()
    one.takeOver()
    expect(one.told()).toEqual([['orders resolved']])
  })

  it('keeps a record of what fires and ends, not of each time it is told', () => {
    const one = new Clocked(forgetfulPolicy())
    one.observe(orders)
    one.told()
    const before = new Map(one.kept)
    one.toldWithin(HOUR)
    expect(one.kept).toEqual(before)
    expect(one.schedule.takeChanges()).toEqual([])
  })

  it('is tried again soon after a failure', () => {
    const one = new Clocked(forgetfulPolicy())
    one.observe(orders)
    one.schedule.failed(one.open()[0]!, aTrouble({ atMs: T0 }))
    expect(Object.keys(one.toldWithin(MINUTE))).toEqual(['5'])
  })
})

describe('another process that takes over', () => {
  it('sends again what was open, with the same id', () => {
    const one = new Clocked(promptPolicy())
    one.observe(orders)
    const [first] = one.open()
    const { open } = one.takeOver()
    expect(open).toEqual([first])
    one.schedule.sent(open[0]!)
    expect(one.toldWithin(HOUR)).toEqual({})
  })

  it('does not send again what was sent', () => {
    const one = new Clocked(promptPolicy())
    one.observe(orders)
    one.told()
    expect(one.takeOver().open).toEqual([])
    expect(one.toldWithin(HOUR)).toEqual({})
  })

  it('goes on with waits, repeats and pauses', () => {
    const one = new Clocked(aPolicy({ repeatIntervalMs: HOUR }))
    one.observe(orders)
    one.keep()
    one.nowMs += 5 * SECOND
    one.takeOver()
    expect(one.toldWithin(10 * SECOND)).toEqual({ 5: [['orders firing']] })
    one.takeOver()
    expect(Object.keys(one.toldWithin(HOUR))).toEqual([String(3_600 - 6)])
    one.takeOver()
    expect(Object.keys(one.toldWithin(3 * HOUR))).toEqual([String(2 * 3_600 - 7)])
  })

  it('asks for mutes when something is due, as the one before would have', () => {
    const one = new Clocked(aPolicy())
    one.suppressionOf = (_, nowMs) => (nowMs < T0 + 5 * SECOND ? 'all' : 'none')
    one.observe(orders)
    one.observe(resolved(orders))
    one.keep()
    one.takeOver()
    expect(one.toldWithin(MINUTE)).toEqual({ 10: [['orders resolved']] })
  })

  it('ends what has ended while nobody looked', () => {
    const one = new Clocked(promptPolicy())
    one.observe(orders, billing)
    one.told()
    one.takeOver()
    one.nowMs += MINUTE
    one.schedule.reconcile([billing], one.nowMs)
    expect(one.open()).toMatchObject([{ alerts: [{ key: 'spike/orders', status: 'resolved', endsAtMs: T0 + MINUTE }] }])
  })

  it('takes up what began to fire while nobody looked', () => {
    const one = new Clocked(promptPolicy())
    one.takeOver()
    one.schedule.reconcile([billing], one.nowMs)
    expect(one.told()).toEqual([['billing firing']])
  })

  it('ends what was being told as firing once that is through', () => {
    const one = new Clocked(promptPolicy())
    one.observe(orders)
    one.open()
    const { open } = one.takeOver()
    one.schedule.reconcile([], one.nowMs)
    expect(open.map(words)).toEqual([['orders firing']])
    one.schedule.sent(open[0]!)
    expect(one.told()).toEqual([['orders resolved']])
  })

  it('does not say something newer under the id of what failed, where that is kept by half', () => {
    const one = new Clocked(promptPolicy())
    one.observe(orders)
    const [first] = one.open()
    one.observe(resolved(orders))
    one.schedule.failed(first!, aTrouble({ atMs: T0 }))
    const records = one.schedule.takeChanges()
    expect(records).toHaveLength(2)
    one.keep(records.slice(0, 1))
    expect(one.takeOver().open).toEqual([])
    const [next] = one.open()
    expect(next).toMatchObject({ alerts: [{ status: 'resolved' }] })
    expect(next?.id).not.toBe(first?.id)
  })

  it('lets go of receivers that are no more', () => {
    const one = new Clocked(promptPolicy(), promptPolicy({ receiver: 'gone' }))
    one.observe(orders)
    one.told()
    // An alert and a group.
    expect(one.takeOver(promptPolicy()).forgotten).toBe(2)
    one.keep()
    expect([...one.kept.keys()].every((key) => key.startsWith('oncall/'))).toBe(true)
  })

  it('tells a receiver that is new what fires', () => {
    const one = new Clocked(promptPolicy())
    one.observe(orders)
    one.told()
    one.takeOver(promptPolicy(), promptPolicy({ receiver: 'new' }))
    one.observe(orders)
    expect(one.open().map(({ receiver }) => receiver)).toEqual(['new'])
  })

  it.each([
    ['a record of a newer version', { v: 2, kind: 'alert' }, /a newer Tracefold has written/],
    ['a record that is none of ours', { v: 1, kind: 'alert' }, /not what it should be/],
  ])('stops at %s', (_, value, message) => {
    expect(() => new Schedule([aPolicy()]).restore([{ key: 'oncall/x', value }])).toThrowError(
      expect.objectContaining({ code: 'store_corrupt', message: expect.stringMatching(message) as string }),
    )
  })
})

it('holds a bounded number of alerts, and takes up the rest when there is room', () => {
  const schedule = new Schedule([promptPolicy()], { maxEntries: 1 })
  expect(schedule.observe([orders, billing], T0)).toBe(1)
  for (const notification of schedule.plan(T0, loud)) schedule.sent(notification)
  schedule.observe([resolved(orders), billing], T0)
  for (const notification of schedule.plan(T0, loud)) schedule.sent(notification)
  schedule.plan(T0, loud)
  expect(schedule.observe([billing], T0)).toBe(0)
  expect(schedule.plan(T0, loud).map(words)).toEqual([['billing firing']])
})

it('opens what is worst where there is not room for all', () => {
  const schedule = new Schedule([promptPolicy({ groupBy: ['alert'] })])
  schedule.observe([orders, billing, anAlert({ key: 'c', severity: 'critical', subject: { job: 'severe' } })], T0)
  expect(schedule.plan(T0, loud, () => 1).map(words)).toEqual([['severe firing']])
  expect(schedule.plan(T0, loud, () => 0)).toEqual([])
  expect(schedule.plan(T0, loud).map(words)).toEqual([['orders firing'], ['billing firing']])
})

it('gives the same notification the same id in every process, and another one another', () => {
  const idOf = (...alerts: Alert[]): string => {
    const one = new Clocked(promptPolicy())
    one.observe(...alerts)
    return one.open()[0]!.id
  }
  expect(idOf(orders, billing)).toBe(idOf(billing, { ...orders, count: 7 }))
  expect(
    new Set([
      idOf(orders),
      idOf(billing),
      idOf(orders, billing),
      idOf({ ...orders, startsAtMs: T0 + 1 }),
      idOf({ ...orders, severity: 'low' }),
    ]).size,
  ).toBe(5)
})
