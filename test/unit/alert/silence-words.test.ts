/** What is said of a silence: not what came last before it. */
import { expect, test } from 'vitest'
import { messageOf } from '../../../src/alert/deliver/message.ts'
import { aRule, Desk, rowsByMinute } from '../../support/alert-builders.ts'
import { MINUTE, T0 } from '../../support/builders.ts'

const ERROR = 'IllegalStateException: order <*> has no lines'

test.each([
  ['job', 'custom', 'No events from orders', 'No events from orders (prod)'],
  ['group', 'custom', `No events of ${ERROR}`, `No events of ${ERROR} in orders (prod)`],
  ['category', 'platform', 'No events of category bad-input', 'No events of category bad-input in all jobs'],
  ['platform', 'platform', 'No events', 'No events in all jobs'],
])('an alert per %s on a silence speaks of the silence, not of the error that came last', (per, level, what, headline) => {
  const desk = new Desk([aRule({ condition: { absence: { over: '5m', seenWithin: '1h' } }, per, level })])
  desk.read(T0, T0 + 6 * MINUTE, rowsByMinute(T0, [3]))
  const [alert] = desk.evaluate(T0 + 6 * MINUTE).began
  expect(alert).toMatchObject({ what, culprit: null, advice: null, isNew: false, count: 0 })
  const { title, alerts } = messageOf({ id: '', receiver: '', group: '', alerts: [alert!] })
  expect(title).toBe(`[FIRING, high] ${headline}`)
  expect(alerts[0]?.facts.map(({ label }) => label)).toEqual(['Where', 'How much', 'Since', 'Why'])
  expect(alerts[0]?.facts[1]?.text).toBe('no events in 5 min')
})
