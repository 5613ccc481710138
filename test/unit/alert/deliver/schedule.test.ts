import { describe, expect, it } from 'vitest'
import { HOUR, MINUTE, T0 } from '../../../support/builders.ts'
import { anAlert, resolved } from './alerts.ts'
import { billing, Clocked, orders, words } from './clocked.ts'
import { aPolicy, promptPolicy, SECOND } from './policies.ts'

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
    one.observe(
      orders,
      billing,
      anAlert({ key: 'other', rule: { id: 'other' } }),
      anAlert({ key: 'x', subject: { job: 'a, team=b "c"' }, labels: {} }),
    )
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
    one.observe(
      resolved(orders),
      anAlert({ key: 'n', startsAtMs: T0 + 1, subject: { job: 'newer' } }),
      anAlert({ key: 'o', subject: { job: 'older' } }),
      severe,
    )
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
    one.suppressionOf = (_, nowMs) => (nowMs < T0 + HOUR ? 'all' : 'none')
    one.observe(orders)
    expect(one.toldWithin(2 * HOUR)).toEqual({ 3_600: [['orders firing']] })
  })

  it('alerts that end under the mute were never there', () => {
    const one = new Clocked(promptPolicy())
    one.suppressionOf = (_, nowMs) => (nowMs < T0 + HOUR ? 'all' : 'none')
    one.observe(orders)
    one.toldWithin(MINUTE)
    one.observe(resolved(orders))
    expect(one.toldWithin(2 * HOUR)).toEqual({})
    expect(one.kept.size).toBe(0)
  })

  it('ends of what was told before are told at once: an incident would stay open for ever', () => {
    const one = new Clocked(promptPolicy({ repeatIntervalMs: MINUTE }))
    one.observe(orders)
    one.told()
    one.suppressionOf = () => 'all'
    expect(one.toldWithin(HOUR)).toEqual({})
    one.observe(resolved(orders))
    expect(one.toldWithin(HOUR)).toEqual({ 0: [['orders resolved']] })
    expect(one.kept.size).toBe(0)
  })

  it('ends are told also where another episode began and ended meanwhile', () => {
    const one = new Clocked(promptPolicy({ groupIntervalMs: MINUTE }))
    one.observe(orders)
    one.told()
    one.suppressionOf = () => 'all'
    one.observe(resolved(orders))
    one.observe(anAlert({ startsAtMs: T0 + HOUR }))
    expect(one.toldWithin(HOUR)).toEqual({})
    one.observe(resolved(anAlert({ startsAtMs: T0 + HOUR }), T0 + 2 * HOUR))
    expect(one.toldWithin(HOUR)).toEqual({ 0: [['orders resolved']] })
  })

  it('ends are not told to those who want none', () => {
    const one = new Clocked(promptPolicy({ sendResolved: false }))
    one.observe(orders)
    one.told()
    one.suppressionOf = () => 'all'
    one.observe(resolved(orders))
    expect(one.toldWithin(HOUR)).toEqual({})
  })

  it('alerts do not hold back the others of their group', () => {
    const one = new Clocked(promptPolicy())
    one.suppressionOf = ({ subject }) => (subject.job === 'orders' ? 'all' : 'none')
    one.observe(orders, billing)
    expect(one.told()).toEqual([['billing firing']])
  })
})

it('an acknowledged alert is not repeated, and its end is told', () => {
  const one = new Clocked(promptPolicy({ repeatIntervalMs: MINUTE }))
  one.suppressionOf = () => 'repeats'
  one.observe(orders)
  expect(one.toldWithin(HOUR)).toEqual({ 0: [['orders firing']] })
  one.observe(resolved(orders))
  expect(one.told()).toEqual([['orders resolved']])
})

describe('a receiver that a rule names no more', () => {
  const to = (...receivers: string[]) =>
    anAlert({ delivery: { receivers, groupBy: null, repeatIntervalMs: MINUTE, maxRepeatIntervalMs: null } })
  const both = () => new Clocked(promptPolicy({ receiver: 'a' }), promptPolicy({ receiver: 'b' }))
  const told = (one: Clocked) => {
    const opened = one.open()
    for (const notification of opened) one.schedule.sent(notification)
    return opened.map(({ receiver, alerts }) => [receiver, ...alerts.map(({ status, ending }) => ending ?? status)].join(' '))
  }

  it('is told so once, and the others go on', () => {
    const one = both()
    one.observe(to('a'))
    expect(told(one)).toEqual(['a firing'])
    for (let i = 0; i < 3; i++) {
      one.nowMs += MINUTE
      one.observe(to('b'))
      expect(told(one)).toEqual(i === 0 ? ['a elsewhere', 'b firing'] : ['b firing'])
    }
    one.observe(resolved(to('b')))
    expect(told(one)).toEqual(['b resolved'])
    expect(told(one)).toEqual([])
    expect([one.schedule.held('a'), one.schedule.held('b')]).toEqual([0, 0])
  })

  it('is told again when it is named again', () => {
    const one = both()
    one.observe(to('a', 'b'))
    told(one)
    one.observe(to('b'))
    expect(told(one)).toEqual(['a elsewhere'])
    one.nowMs += SECOND
    one.observe(to('a', 'b'))
    expect(told(one)).toEqual(['a firing'])
  })

  it('hears nothing of what it was not told of yet, and of what is being told as soon as that is settled', () => {
    const waiting = new Clocked(aPolicy({ receiver: 'a' }), promptPolicy({ receiver: 'b' }))
    waiting.observe(to('a'))
    waiting.observe(to('b'))
    expect(waiting.toldWithin(HOUR / 2)[0]).toEqual([['orders firing']])
    expect(waiting.schedule.held('a')).toBe(0)
    const one = both()
    one.observe(to('a'))
    const [open] = one.open()
    one.observe(to('b'))
    one.schedule.sent(open!)
    expect(told(one)).toEqual(['b firing', 'a elsewhere'].sort())
  })
})
