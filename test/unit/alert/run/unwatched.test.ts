/** A time in which no process evaluated, longer than what is made up for: what nobody watched is not called silent. */
import { afterEach, expect, test } from 'vitest'
import { aCountRow } from '../../../support/alert-builders.ts'
import { AlertingWorld } from '../../../support/alerting.ts'
import { DAY, HOUR, MINUTE, T0 } from '../../../support/builders.ts'
import { waitUntil } from '../../../support/wait.ts'

const RULE = {
  title: 'A new error',
  id: 'new-error',
  level: 'custom',
  severity: 'high',
  per: 'group',
  condition: { new_group: { notSeenForDays: 14 } },
}
const receivers = (url: string) => ({ hook: { type: 'webhook', url: `${url}/hook`, match: { rule: 'new-error' } } })
const OLD = { job: 'orders', fingerprint: 'v1:01' }
const RARE = { job: 'orders', fingerprint: 'v1:02' }

let world: AlertingWorld
afterEach(() => world.close())

const toldOf = (): (string | null)[] => world.told().flatMap(({ alerts }) => alerts.map(({ job }) => job))

test('after weeks without alerts an old error that goes on is no new one, in any process; a day later silence is known again', async () => {
  world = await AlertingWorld.make({ rules: [RULE], receivers })
  world.reader.rows = [aCountRow({ ...OLD, windowMs: T0 }), aCountRow({ ...RARE, windowMs: T0 })]
  const first = world.start()
  await world.evaluated(first)
  await first.stop()

  world.nowMs += 20 * DAY
  const again = T0 + 20 * DAY
  world.reader.rows = [aCountRow({ ...OLD, windowMs: again - 10 * HOUR }), aCountRow({ ...OLD, windowMs: again })]
  const second = world.start()
  await world.evaluated(second)
  await world.advance(second, MINUTE)
  expect(second.service.groups.get('orders', OLD.fingerprint)?.appeared).toEqual({ atMs: again - 10 * HOUR, afterMs: 0 })
  await second.stop()

  const late = { job: 'bills', fingerprint: 'v1:03', windowMs: again - 30 * MINUTE } // another process knows what the one before it found
  world.reader.rows.push(aCountRow(late))
  const third = world.start()
  await world.advance(third, MINUTE)
  expect(third.service.groups.get('bills', 'v1:03')?.appeared).toEqual({ atMs: late.windowMs, afterMs: 0 })

  const later = again + 2 * DAY
  world.nowMs = later + 30_000
  world.reader.rows.push(aCountRow({ ...RARE, windowMs: later }))
  await third.stop()
  const fourth = world.start()
  await world.evaluated(fourth)
  await world.advance(fourth, MINUTE)
  await waitUntil('it to be told', () => toldOf().length > 0)
  expect(toldOf()).toEqual(['orders'])
})

test('outages that are made up for leave nothing unwatched', async () => {
  world = await AlertingWorld.make({ rules: [RULE], receivers })
  world.reader.rows = [aCountRow({ ...OLD, windowMs: T0 })]
  for (const outageMs of [23 * HOUR, 3 * HOUR]) {
    const one = world.start()
    await world.evaluated(one)
    await one.stop()
    world.nowMs += outageMs
  }
  world.reader.rows.push(aCountRow({ job: 'bills', fingerprint: 'v1:03', windowMs: T0 + 26 * HOUR }))
  const last = world.start()
  await world.evaluated(last)
  await world.advance(last, MINUTE)
  expect(last.service.groups.get('bills', 'v1:03')?.appeared.afterMs).toBe(null)
})
