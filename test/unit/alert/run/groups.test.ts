/** What people decide about groups in several processes, whose clocks differ: what was answered is what comes of it. */
import { afterEach, expect, test } from 'vitest'
import type { GroupRecord } from '../../../../src/alert/group-book.ts'
import { Groups, type GroupDecision } from '../../../../src/alert/run/groups.ts'
import { aCountRow } from '../../../support/alert-builders.ts'
import { AlertingWorld } from '../../../support/alerting.ts'
import { DAY, MINUTE, T0 } from '../../../support/builders.ts'
import { waitUntil } from '../../../support/wait.ts'

const NAME = { job: 'orders', fingerprint: 'v1:01' }
const RECORD: GroupRecord = {
  version: 1,
  ...NAME,
  firstSeenMs: T0 - 9 * DAY,
  lastSeenMs: T0,
  appeared: { atMs: T0 - 9 * DAY, afterMs: 0 },
  resolvedAtMs: null,
  regressedAtMs: null,
  mute: null,
  changes: [],
}
const RESOLVED: GroupDecision = { ...NAME, action: { kind: 'resolve' }, by: { who: 'ada', atMs: T0 + 5_000 } }
const REOPENED: GroupDecision = { ...NAME, action: { kind: 'reopen' }, by: { who: 'bob', atMs: T0 + 2_000 } }

let world: AlertingWorld | null = null
afterEach(async () => {
  await world?.close()
  world = null
})

test('the later decision in the log counts, whatever the clock of its process said', () => {
  const groups = new Groups()
  groups.keep([RECORD], T0 - 100 * DAY, T0)
  for (const decision of [RESOLVED, REOPENED, REOPENED]) groups.decided('k', decision)
  expect(groups.get(NAME.job, NAME.fingerprint)).toMatchObject({ resolvedAtMs: null, changes: [{ to: 'resolved' }, { to: 'reopened' }] })
})

test('a decision that was applied is not applied to the stored record again', () => {
  const groups = new Groups()
  groups.keep([RECORD], T0 - 100 * DAY, T0)
  for (const decision of [RESOLVED, REOPENED]) groups.decided('k', decision)
  const stored = groups.get(NAME.job, NAME.fingerprint)!
  const successor = new Groups()
  successor.decided('k', REOPENED)
  successor.keep([stored], T0 - 100 * DAY, T0)
  expect(successor.get(NAME.job, NAME.fingerprint)).toBe(stored)
})

test('a process whose clock is behind decides all the same', async () => {
  world = await AlertingWorld.make()
  world.reader.rows = [aCountRow({ windowMs: T0, ...NAME })]
  const one = world.start()
  await world.evaluated(one)
  const state = async () => (await one.desk.group(NAME))?.state
  const decided = async (kind: 'resolve' | 'reopen' | 'unmute') =>
    (await one.desk.changeGroup(NAME, { kind }, { who: 'bob', comment: null })).state
  expect(await decided('resolve')).toBe('resolved')
  await waitUntil('it to be so', async () => (await state()) === 'resolved')
  world.nowMs -= 5_000
  const answer = await decided('reopen')
  await waitUntil('it to be as was answered', async () => (await state()) === answer)
  world.nowMs += 20_000
  await one.desk.changeGroup(NAME, { kind: 'mute', untilMs: null, untilCount: null }, { who: 'bob', comment: null })
  await waitUntil('it to be so', async () => (await state()) === 'muted')
  world.nowMs -= 5_000
  await one.desk.changeGroup(NAME, { kind: 'unmute' }, { who: 'bob', comment: null })
  world.nowMs += MINUTE
  await waitUntil('it to be as was answered', async () => (await state()) !== 'muted')
})

test('an alert has one beginning, wherever it is shown', async () => {
  const rule = {
    title: 'New',
    id: 'new',
    level: 'custom',
    severity: 'high',
    per: 'group',
    condition: { new_group: { notSeenForDays: 1, minimum: 1, over: '1h' } },
  }
  world = await AlertingWorld.make({ rules: [rule] })
  await world.keep(0, { key: 'book', value: { v: 1, sinceMs: T0 - 9 * DAY } })
  world.reader.rows = [aCountRow({ windowMs: T0, firstMs: T0 + 2_153, ...NAME })]
  const one = world.start()
  await world.evaluated(one)
  await waitUntil('it to fire', async () => (await one.desk.alerts({ rule: 'new' })).length === 1)
  const [shown] = await one.desk.alerts({ rule: 'new' })
  const [past] = await one.desk.history({ fromMs: T0 - DAY, toMs: T0 + DAY, limit: 1 })
  expect([shown?.sinceMs, past?.sinceMs]).toEqual([T0 + 2_153, T0 + 2_153])
})
