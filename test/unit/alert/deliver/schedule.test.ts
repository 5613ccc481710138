import { describe, expect, it } from 'vitest'
import type { Alert, Notification } from '../../../../src/alert/alert.ts'
import type { HushOf } from '../../../../src/alert/deliver/group.ts'
import type { Policy } from '../../../../src/alert/deliver/policy.ts'
import type { SavedRecord } from '../../../../src/alert/deliver/records.ts'
import { Schedule } from '../../../../src/alert/deliver/schedule.ts'
import { HOUR, MINUTE, T0 } from '../../../support/builders.ts'
import { anAlert, resolved } from './alerts.ts'
import { aPolicy, aTrouble, forgetfulPolicy, promptPolicy, SECOND } from './policies.ts'

const loud: HushOf = () => 'none'
const orders = anAlert()
const billing = anAlert({ subject: { job: 'billing' } })

/** A schedule whose clock the test turns, and whose receivers take everything unless the test says otherwise. */
class Clocked {
  nowMs = T0
  hushOf: HushOf = loud
  readonly kept = new Map<string, string>()
  readonly policies: readonly Policy[]
  schedule: Schedule

  constructor(...policies: Policy[]) {
    this.policies = policies
    this.schedule = new Schedule(policies)
  }

  observe(...alerts: Alert[]): void {
    this.schedule.observe(alerts, this.nowMs)
  }

  open(): Notification[] {
    const opened = this.schedule.plan(this.nowMs, this.hushOf)
    this.keep()
    return opened
  }

  /** Opens what is due, and has it sent. */
  told(): string[][] {
    const opened = this.open()
    for (const notification of opened) this.schedule.sent(notification)
    this.keep()
    return opened.map(words)
  }

  /** What is told within so long, by the second after its beginning. */
  toldWithin(ms: number): Record<number, string[][]> {
    const said: Record<number, string[][]> = {}
    const beginMs = this.nowMs
    for (; this.nowMs <= beginMs + ms; this.nowMs += SECOND) {
      const now = this.told()
      if (now.length > 0) said[(this.nowMs - beginMs) / SECOND] = now
    }
    return said
  }

  keep(records: readonly SavedRecord[] = this.schedule.takeChanges()): void {
    for (const { key, value } of records) {
      if (value === null) this.kept.delete(key)
      else this.kept.set(key, value)
    }
  }

  /** Another process, from what is kept. */
  takeOver(...policies: Policy[]): { readonly open: readonly Notification[]; readonly forgotten: number } {
    this.schedule = new Schedule(policies.length > 0 ? policies : this.policies)
    return this.schedule.restore([...this.kept].map(([key, value]) => ({ key, value })))
  }
}

function words({ alerts }: Notification): string[] {
  return alerts.map(({ subject, status }) => `${subject.job} ${status}`)
}

describe('a group', () => {
  it('waits for company before its first message, and puts all into one', () => {
    const one = new Clocked(aPolicy())
    one.observe(orders)
    one.nowMs += 9 * SECOND
    expect(one.told()).toEqual([])
    one.observe(billing)
    one.nowMs += 1 * SECOND
    expect(one.told()).toEqual([['billing firing', 'orders firing']])
  })

  it('is told of news after its interval', () => {
    const one = new Clocked(aPolicy())
    one.observe(orders)
    one.toldWithin(10 * SECOND)
    one.observe(billing)
    expect(one.toldWithin(2 * MINUTE)).toEqual({ 59: [['billing firing']] })
  })

  it('is one for each value of what it is grouped by', () => {
    const one = new Clocked(promptPolicy({ groupBy: ['job', 'team'] }))
    one.observe(orders, billing, anAlert({ key: 'other', rule: { id: 'other' } }), anAlert({ key: 'x', subject: { job: 'a, team=b "c"' }, labels: {} }))
    expect(one.open().map(({ group, alerts }) => [group, alerts.length])).toEqual([
      ['job=orders, team=payments', 2],
      ['job=billing, team=payments', 1],
      ['job="a, team=b \\"c\\"", team=', 1],
    ])
  })

  it('keeps the alerts that it has, even if their labels change', () => {
    const one = new Clocked(promptPolicy({ groupBy: ['team'] }))
    one.observe(orders)
    one.told()
    one.observe(resolved({ ...orders, labels: { team: 'other' } }))
    expect(one.open().map(({ group }) => group)).toEqual(['team=payments'])
  })

  it('has the firing ones first, the most severe first, the newest first', () => {
    const one = new Clocked(promptPolicy())
    const severe = anAlert({ key: 'c', severity: 'critical', subject: { job: 'severe' } })
    one.observe(orders, billing)
    one.told()
    one.observe(resolved(orders), anAlert({ key: 'n', startsAtMs: T0 + 1, subject: { job: 'newer' } }), anAlert({ key: 'o', subject: { job: 'older' } }), severe)
    expect(one.told()).toEqual([['severe firing', 'newer firing', 'older firing', 'orders resolved']])
  })

  it('does not tell an alert that flaps at every turn', () => {
    const one = new Clocked(aPolicy())
    const said: string[][] = []
    for (let i = 0; i < 30; i++) {
      one.observe({ ...orders, startsAtMs: T0 + i })
      said.push(...Object.values(one.toldWithin(9 * SECOND)).flat())
      one.observe(resolved({ ...orders, startsAtMs: T0 + i }))
      said.push(...Object.values(one.toldWithin(9 * SECOND)).flat())
    }
    // 10 minutes: one a minute, and one at the beginning.
    expect(said.length).toBeGreaterThan(5)
    expect(said.length).toBeLessThanOrEqual(11)
  })

  it('puts at most a thousand alerts into one message, the worst, and the rest into the next', () => {
    const one = new Clocked(promptPolicy())
    one.observe(...Array.from({ length: 1_001 }, (_, i) => anAlert({ key: `k${i}`, severity: i === 1_000 ? 'critical' : 'low' })))
    expect(one.open().map(({ alerts }) => [alerts.length, alerts[0]?.severity])).toEqual([[1_000, 'critical']])
  })
})

describe('news', () => {
  it('is told once, however often it is observed', () => {
    const one = new Clocked(promptPolicy())
    for (let i = 0; i < 5; i++) one.observe({ ...orders, count: i })
    expect(one.told()).toEqual([['orders firing']])
    one.observe({ ...orders, count: 9_999 })
    expect(one.toldWithin(HOUR)).toEqual({})
  })

  it('is an end', () => {
    const one = new Clocked(promptPolicy())
    one.observe(orders)
    one.told()
    one.observe(resolved(orders))
    one.observe(resolved(orders))
    expect(one.told()).toEqual([['orders resolved']])
    expect(one.toldWithin(HOUR)).toEqual({})
    expect(one.kept.size).toBe(0)
  })

  it('is no end where the receiver does not want to hear of ends', () => {
    const one = new Clocked(promptPolicy({ sendResolved: false }))
    one.observe(orders)
    one.told()
    one.observe(resolved(orders))
    expect(one.toldWithin(HOUR)).toEqual({})
    expect(one.kept.size).toBe(0)
  })

  it('is another episode', () => {
    const one = new Clocked(promptPolicy())
    one.observe(orders)
    one.told()
    one.observe(resolved(orders))
    one.observe({ ...orders, startsAtMs: T0 + MINUTE })
    expect(one.told()).toEqual([['orders firing']])
  })

  it('is an episode that began and ended while nothing could be told, once', () => {
    const one = new Clocked(aPolicy({ sendResolved: false }))
    one.observe(orders)
    one.observe(resolved(orders))
    expect(one.toldWithin(HOUR)).toEqual({ 10: [['orders resolved']] })
  })

  it('is a higher severity, not a lower one', () => {
    const one = new Clocked(promptPolicy())
    one.observe(orders)
    one.told()
    one.observe({ ...orders, severity: 'critical' })
    expect(one.told()).toEqual([['orders firing']])
    one.observe({ ...orders, severity: 'low' })
    expect(one.told()).toEqual([])
  })

  it('is not what was observed earlier of an episode that is over', () => {
    const one = new Clocked(promptPolicy())
    one.observe({ ...orders, startsAtMs: T0 + MINUTE })
    one.told()
    one.observe(orders)
    one.observe(resolved(orders))
    expect(one.toldWithin(HOUR)).toEqual({})
  })

  it('is not the end of what nobody knows', () => {
    const one = new Clocked(promptPolicy())
    one.observe(resolved(orders))
    expect(one.told()).toEqual([])
  })

  it('goes to those whom it matches', () => {
    const one = new Clocked(promptPolicy(), promptPolicy({ receiver: 'billing', matches: ({ subject }) => subject.job === 'billing' }))
    one.observe(orders, billing)
    expect(one.open().map((notification) => [notification.receiver, ...words(notification)])).toEqual([
      ['oncall', 'billing firing', 'orders firing'],
      ['billing', 'billing firing'],
    ])
  })
})

describe('what fires on', () => {
  it('is told again after the repeat interval, then after twice that, up to the most', () => {
    const one = new Clocked(promptPolicy({ repeatIntervalMs: MINUTE, maxRepeatIntervalMs: 5 * MINUTE }))
    one.observe(orders)
    expect(Object.keys(one.toldWithin(17 * MINUTE)).map((at) => Number(at) / 60)).toEqual([0, 1, 3, 7, 12, 17])
  })

  it('is told again beside news of others, without delaying its own repeat', () => {
    const one = new Clocked(aPolicy({ groupWaitMs: 0, repeatIntervalMs: 2 * MINUTE }))
    one.observe(orders)
    one.told()
    one.nowMs += MINUTE + 30 * SECOND
    one.observe(billing)
    expect(one.told()).toEqual([['billing firing']])
    // The group's interval holds both back until 2:30, the repeat of orders was due at 2:00.
    expect(one.toldWithin(90 * SECOND)).toEqual({ 60: [['orders firing']] })
  })
})

describe('muted', () => {
  it('alerts are not told, and are told when the mute ends', () => {
    const one = new Clocked(promptPolicy())
    one.hushOf = (_, nowMs) => (nowMs < T0 + HOUR ? 'all' : 'none')
    one.observe(orders)
    expect(one.toldWithin(2 * HOUR)).toEqual({ 3_600: [['orders firing']] })
  })

  it('alerts that end under the mute were never there', () => {
    const one = new Clocked(promptPolicy())
    one.hushOf = (_, nowMs) => (nowMs < T0 + HOUR ? 'all' : 'none')
    one.observe(orders)
    one.toldWithin(MINUTE)
    one.observe(resolved(orders))
    expect(one.toldWithin(2 * HOUR)).toEqual({})
    expect(one.kept.size).toBe(0)
  })

  it('ends of what was told before are told when the mute ends', () => {
    const one = new Clocked(promptPolicy())
    one.observe(orders)
    one.told()
    one.hushOf = (_, nowMs) => (nowMs < T0 + HOUR ? 'all' : 'none')
    one.observe(resolved(orders))
    expect(one.toldWithin(2 * HOUR)).toEqual({ 3_600: [['orders resolved']] })
  })

  it('for ever, they are forgotten a day after their end', () => {
    const one = new Clocked(promptPolicy())
    one.observe(orders)
    one.told()
    one.hushOf = () => 'all'
    one.observe(resolved(orders))
    one.nowMs += 23 * HOUR
    one.told()
    expect(one.schedule.held('oncall')).toBe(1)
    one.nowMs += HOUR
    one.told()
    expect(one.schedule.held('oncall')).toBe(0)
  })

  it('alerts do not hold back the others of their group', () => {
    const one = new Clocked(promptPolicy())
    one.hushOf = ({ subject }) => (subject.job === 'orders' ? 'all' : 'none')
    one.observe(orders, billing)
    expect(one.told()).toEqual([['billing firing']])
  })
})

it('an acknowledged alert is not repeated, and its end is told', () => {
  const one = new Clocked(promptPolicy({ repeatIntervalMs: MINUTE }))
  one.hushOf = () => 'repeats'
  one.observe(orders)
  expect(one.toldWithin(HOUR)).toEqual({ 0: [['orders firing']] })
  one.observe(resolved(orders))
  expect(one.told()).toEqual([['orders resolved']])
})

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
    expect(one.takeOver().open.map((notification) => [words(notification), notification.alerts[0]?.count])).toEqual([[['orders firing'], 1_234]])
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
    one.hushOf = ({ subject }) => (subject.job === 'orders' ? 'repeats' : 'all')
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
    ['a record of a newer version', '{"v":2,"kind":"alert"}', /a newer Tracefold has written/],
    ['a record that is none of ours', '{"v":1,"kind":"alert"}', /not what it should be/],
    ['no JSON', '{"v":1,', /not what it should be/],
  ])('stops at %s', (_, value, message) => {
    expect(() => new Schedule([aPolicy()]).restore([{ key: 'oncall/x', value }])).toThrowError(expect.objectContaining({ code: 'store_corrupt', message: expect.stringMatching(message) as string }))
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
  expect(new Set([idOf(orders), idOf(billing), idOf(orders, billing), idOf({ ...orders, startsAtMs: T0 + 1 }), idOf({ ...orders, severity: 'low' })]).size).toBe(5)
})
