/** One shard and its state: a process that lost it without knowing cannot write over its successor's. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Baseline } from '../../../../src/alert/baseline.ts'
import { CountTable } from '../../../../src/alert/count-table.ts'
import { GroupMemory } from '../../../../src/alert/group-memory.ts'
import { RuleIndex } from '../../../../src/alert/rule-index.ts'
import { EmbeddedState } from '../../../../src/alert/run/embedded-state.ts'
import { Shard } from '../../../../src/alert/run/shard.ts'
import { aCountRow, aRule, PLAIN } from '../../../support/alert-builders.ts'
import { MINUTE, T0 } from '../../../support/builders.ts'

const rules = [aRule({ condition: { count: { over: '2m', atLeast: 5 } } })]
let path: string
const states: EmbeddedState[] = []

beforeEach(() => {
  path = mkdtempSync(join(tmpdir(), 'tracefold-shard-'))
})
afterEach(async () => {
  for (const state of states.splice(0)) await state.close()
  rmSync(path, { recursive: true, force: true })
})

async function open(owner: string): Promise<Shard> {
  const state = new EmbeddedState({ path })
  states.push(state)
  const ignore = (): void => {}
  const events = { sent: ignore, retried: ignore, undelivered: ignore, refused: ignore, notKept: ignore }
  const shard = new Shard({
    shard: 0,
    log: await state.open(0),
    routes: [],
    suppressionOf: () => 'none',
    events,
    owner,
    now: () => T0,
    startMs: T0,
  })
  shard.use(rules)
  return shard
}

function input(minute: number, count: number) {
  const index = new RuleIndex(rules)
  const table = new CountTable(index.limits)
  table.replace({ fromMs: T0, toMs: T0 + minute * MINUTE }, count === 0 ? [] : [aCountRow({ windowMs: T0 + (minute - 1) * MINUTE, count })])
  const untilMs = T0 + minute * MINUTE
  return {
    table,
    baseline: new Baseline(index.views),
    groups: new GroupMemory(),
    pipeline: null,
    completeUntilMs: untilMs,
    readUntilMs: untilMs,
    wording: PLAIN,
  }
}

test("a zombie hears that the shard is another's at its first try, and leaves no trace", async () => {
  const zombie = await open('zombie')
  await zombie.evaluate(input(1, 0), [])
  const successor = await open('successor')
  await expect(zombie.evaluate(input(2, 9), [])).rejects.toMatchObject({ code: 'partition_lost' })
  expect(zombie.hasEnded).toBe(true)
  await successor.evaluate(input(2, 0), [])
  expect([successor.untilMs, successor.state.alerts.size]).toEqual([T0 + 2 * MINUTE, 0])
  expect((await open('third')).state.alerts.size).toBe(0)
})

test('a successor goes on from the alerts and the minute that were kept', async () => {
  const first = await open('first')
  await first.evaluate(input(1, 9), [])
  await first.stop(100)
  const second = await open('second')
  expect([second.untilMs, [...second.state.alerts.values()].map(({ phase }) => phase)]).toEqual([T0 + MINUTE, ['firing']])
})
