/** No false all-clear: an alert goes on while its trouble does, and where it ends without having seen that end, it says so. */
import { describe, expect, test } from 'vitest'
import type { Alert } from '../../../src/alert/alert.ts'
import type { CountRow } from '../../../src/alert/alert-reader.ts'
import { messageOf } from '../../../src/alert/deliver/message.ts'
import { firing } from '../../../src/alert/evaluate.ts'
import { aCountRow, aRule, Desk, rowsByMinute } from '../../support/alert-builders.ts'
import { DAY, HOUR, MINUTE, T0 } from '../../support/builders.ts'

/** Reads and evaluates by the minute; what began (+) and ended (-), by minute. */
function story(desk: Desk, minutes: number, rows: readonly CountRow[]): { minute: number; alert: Alert }[] {
  const told: { minute: number; alert: Alert }[] = []
  desk.state = { ...desk.state, untilMs: T0 }
  for (let hour = 0; hour < minutes / 60; hour++) {
    desk.read(T0 + hour * HOUR, T0 + (hour + 1) * HOUR, rows)
    for (let minute = hour * 60 + 1; minute <= Math.min((hour + 1) * 60, minutes); minute++)
      told.push(...desk.evaluate(T0 + minute * MINUTE).news.map((alert) => ({ minute, alert })))
  }
  return told
}

const briefly = (told: readonly { minute: number; alert: Alert }[]) =>
  told.map(({ minute, alert: { status, ending } }) => [minute, ending ?? status])
const titleOf = (alert: Alert | undefined) => messageOf({ id: '', receiver: '', group: '', alerts: [alert!] }).title
const always = (count: number, minutes: number) => rowsByMinute(T0, Array<number>(minutes).fill(count))

describe('a new error', () => {
  const rule = () => aRule({ per: 'group', condition: { new_group: { notSeenForDays: 14, minimum: 10, over: '2m' } }, keepFiring: '1m' })

  test('that goes on goes on being told of, and is resolved once its events stop', () => {
    const desk = new Desk([rule()])
    expect(briefly(story(desk, 90, always(20, 60)))).toEqual([
      [1, 'firing'],
      [62, 'resolved'],
    ])
  })

  test('that comes at least once in its window is not over; after a longer silence it is, and is new no more', () => {
    const counts = [20, 0, 1, 0, 1, 0, 1, 0, 0, 0, 5, 5, 5]
    expect(briefly(story(new Desk([rule()]), 15, rowsByMinute(T0, counts)))).toEqual([
      [1, 'firing'],
      [9, 'resolved'],
    ])
  })

  test('is no news after a week, and that is not told as its end', () => {
    const desk = new Desk([rule()])
    const told = story(
      desk,
      7 * 1_440 + 10,
      always(1, 7 * 1_440 + 10).map((row, i) => ({ ...row, count: i === 0 ? 20 : 1 })),
    )
    expect(briefly(told)).toEqual([
      [1, 'firing'],
      [7 * 1_440 + 1, 'no_news'],
    ])
    expect(titleOf(told[1]?.alert)).toBe('[ENDED, no longer new] IllegalStateException: order <*> has no lines in orders (prod)')
  }, 30_000)
})

describe('a resolved error that is back', () => {
  function back(counts: readonly number[], resolveAgainAt?: number) {
    const desk = new Desk([aRule({ per: 'group', condition: { regression: { minimum: 5, over: '2m' } }, keepFiring: '1m' })])
    desk.groups.observe([aCountRow({ windowMs: T0 - HOUR })], { sinceMs: T0 - 100 * DAY, completeUntilMs: T0 })
    desk.groups.change('orders', 'v1:0000000000000001', { kind: 'resolve' }, { who: 'ada', atMs: T0 - HOUR / 2 })
    const rows = rowsByMinute(T0, counts)
    desk.state = { ...desk.state, untilMs: T0 }
    return counts.flatMap((_, i) => {
      if (i === resolveAgainAt)
        desk.groups.change('orders', 'v1:0000000000000001', { kind: 'resolve' }, { who: 'ada', atMs: T0 + i * MINUTE })
      desk.read(T0 + i * MINUTE, T0 + (i + 1) * MINUTE, rows)
      return desk.evaluate(T0 + (i + 1) * MINUTE).news.map((alert) => ({ minute: i + 1, alert }))
    })
  }

  test('goes on while its events do', () => {
    expect(briefly(back([...Array<number>(30).fill(20), 0, 0, 0, 0]))).toEqual([
      [1, 'firing'],
      [32, 'resolved'],
    ])
  })

  test('ends where somebody calls it resolved and it stays away', () => {
    expect(briefly(back([20, 20, 20, 0, 0], 3))).toEqual([
      [1, 'firing'],
      [4, 'resolved'],
    ])
  })
})

describe('a silence', () => {
  const rule = () => aRule({ condition: { absence: { over: '5m', seenWithin: '1d' } }, keepFiring: '1m' })

  test('is told until it is given up, and that is not told as resolved', () => {
    const desk = new Desk([rule()])
    const told = story(desk, 1_500, rowsByMinute(T0, [1]))
    expect(briefly(told)).toEqual([
      [6, 'firing'],
      [1_446, 'given_up'],
    ])
    expect(titleOf(told[1]?.alert)).toBe('[ENDED, no longer expected] No events from orders (prod)')
  })

  test('that ends is resolved', () => {
    expect(briefly(story(new Desk([rule()]), 24, rowsByMinute(T0, [1, ...Array<number>(19).fill(0), 3])))).toEqual([
      [6, 'firing'],
      [21, 'resolved'],
    ])
  })
})

test('the end of a rule is not told as the end of the trouble', () => {
  const desk = new Desk([aRule({ condition: { count: { over: '2m', atLeast: 10 } } })])
  story(desk, 1, rowsByMinute(T0, [10]))
  const [ended] = new Desk([], { state: desk.state }).evaluate(T0 + 2 * MINUTE).ended
  expect(ended?.ending).toBe('rule_gone')
  const { title, alerts, tone } = messageOf({ id: '', receiver: '', group: '', alerts: [ended!] })
  expect(title).toBe('[ENDED, rule removed] IllegalStateException: order <*> has no lines in orders (prod)')
  expect(tone).toBe('ended')
  expect(alerts[0]?.facts.find(({ label }) => label === 'Ended')?.text).toContain('the rule was removed')
})

test('what is over says how much it was at the peak, not how little at its end', () => {
  const annotations = { note: '{{count}} since {{since}}' }
  const desk = new Desk([aRule({ condition: { count: { over: '2m', atLeast: 10 } }, keepFiring: '1m', annotations })])
  const told = story(desk, 10, rowsByMinute(T0, [10, 400, 500, 6, 6, 0]))
  expect(briefly(told)).toEqual([
    [1, 'firing'],
    [6, 'resolved'],
  ])
  expect(told[1]?.alert).toMatchObject({ count: 12, peak: { count: 900, windowMs: 2 * MINUTE } })
  const [text] = messageOf({ id: '', receiver: '', group: '', alerts: [told[1]!.alert] }).alerts
  expect(text?.facts.slice(1, 2)).toEqual([{ label: 'How much', text: '900 events in 2 min at the peak, on 1 host' }])
  expect(text?.facts.find(({ label }) => label === 'Why')?.text).toContain('900 events in 2 min, the threshold is 10')
  expect(text?.facts.find(({ label }) => label === 'note')?.text).toBe('900 since 2026-11-20 10:00 UTC')
  expect(firing(desk.state)).toEqual([])
})
