/** Processes that die at any step, and what the receiver hears of it. */
import { afterEach, expect, test } from 'vitest'
import { replay, type Episode } from '../../../../src/alert/replay.ts'
import { aCountRow, aRule } from '../../../support/alert-builders.ts'
import { AlertingWorld, type AlertingProcess } from '../../../support/alerting.ts'
import { MINUTE } from '../../../support/builders.ts'
import { waitUntil } from '../../../support/wait.ts'
import { json, reset } from '../deliver/http-receiver.ts'

const RULE = {
  title: 'A job fails',
  id: 'job-fails',
  level: 'custom',
  severity: 'high',
  per: 'job',
  condition: { count: { over: '2m', atLeast: 5 } },
  keepFiring: '1m',
}
const OFF = [
  'category-spike',
  'dead-letters',
  'error-is-back',
  'job-flood',
  'job-spike',
  'jobs-in-trouble',
  'new-error',
  'pipeline-behind',
  'rules-blind',
].map((id) => ({ id, enabled: false }))
const KILLS = 50
const JOBS = 4

let world: AlertingWorld
afterEach(() => world.close())

test('in fifty deaths at every step no episode is lost, and none is told under two ids', async () => {
  world = await AlertingWorld.make({ rules: [RULE, ...OFF], shards: 2 })
  const random = seeded(17)
  let kills = 0
  let one: AlertingProcess
  /** So many steps does a process live. */
  let steps = 0
  const live = (): AlertingProcess => {
    steps = kills < KILLS ? 1 + Math.floor(random() * 12) : Infinity
    return world.start({ onStep: () => --steps > 0 })
  }
  world.receiver.answer((response, received) => {
    const at = Math.floor(random() * 6)
    if (kills >= KILLS || at > 1) return json({})(response, received)
    if (at === 0) reset(response, received)
    else json({})(response, received)
    one.die() // before its answer, or between the answer and the record
  })
  one = live()
  await world.evaluated(one)
  const startMs = Math.floor(world.nowMs / MINUTE) * MINUTE
  /** Each fails once, so that no episode is overtaken by the next of the same alert. */
  const failing = new Set<string>()
  let jobs = 0
  for (let minute = 0; kills < KILLS || minute < 30; minute++) {
    for (const job of failing) if (random() < 0.3) failing.delete(job)
    if (failing.size < JOBS && random() < 0.7) failing.add(`job-${jobs++}`)
    const windowMs = Math.floor(world.nowMs / MINUTE) * MINUTE
    world.reader.rows.push(...[...failing].map((job) => aCountRow({ windowMs, job, count: 5 })))
    await world.advance(one, MINUTE)
    if (!one.isDead()) continue
    kills++
    await one.stop()
    one = live()
  }
  for (let minute = 0; minute < 10; minute++) await world.advance(one, MINUTE)
  const episodes = replay([aRule(RULE)], world.reader.rows, { fromMs: startMs, toMs: Math.floor(world.nowMs / MINUTE) * MINUTE })
  const endOf = ({ key, startsAtMs }: Episode): string => `${key}@${new Date(startsAtMs).toISOString()} resolved`
  await waitUntil('the end of every episode', () => episodes.every((episode) => idsOf().has(endOf(episode))))
  expect(kills).toBe(KILLS)
  expect(episodes.length).toBeGreaterThan(20)
  expect([...idsOf()].filter(([, ids]) => ids.size > 1)).toEqual([])
  expect([...idsOf().keys()].filter((said) => said.endsWith('resolved')).toSorted()).toEqual(episodes.map(endOf).toSorted())
  const history = await one.desk.history({ fromMs: startMs, toMs: world.nowMs, limit: 1_000 })
  expect(history.map(({ key }) => key).toSorted()).toEqual(episodes.map(({ key }) => key).toSorted())
}, 120_000)

/** By what was said: under which ids. */
function idsOf(): Map<string, Set<string>> {
  const said = new Map<string, Set<string>>()
  for (const { id, alerts } of world.told()) {
    for (const { key, startsAt, status } of alerts) {
      const what = `${key}@${startsAt} ${status}`
      said.set(what, (said.get(what) ?? new Set()).add(id))
    }
  }
  return said
}

function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296
    return state / 4_294_967_296
  }
}
