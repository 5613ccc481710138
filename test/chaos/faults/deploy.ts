/**
 * A deploy that changes what decides where an event goes: fingerprint rules, filter, block size. By a clean stop nothing is lost or doubled. By a kill what the
 * detail branch had flushed and not yet committed may be counted twice: the one remaining bound (docs/architecture.md), which is measured here.
 */
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { loadSettings } from '../../../src/config/load.ts'
import type { Fault, FaultContext, Outcome } from '../fault.ts'

const RATE = 500
/** What a second's flow holds, and as much again for a flush under way on a busy machine. */
const BOUND_PER_KILL = 2 * RATE

type Change = Record<string, Record<string, unknown> | number>

export const deployStop: Fault = {
  name: 'deploy-stop',
  about: 'block size, filter and fingerprint rules change between clean stops',
  cycles: 6,
  run: (context) => deploys(context, false),
}

export const deployKill: Fault = {
  name: 'deploy-kill',
  about: 'block size, filter and fingerprint rules change between kills; measures how much is counted twice',
  cycles: 12,
  run: (context) => deploys(context, true),
}

async function deploys({ cycles, random, bed: makeBed }: FaultContext, kills: boolean): Promise<Outcome> {
  const bed = await makeBed({ over: { detail: { flushMs: 1_000 }, rollup: { flushMs: 500, catchUpFlushMs: 500 } } })
  const changes = deployments()
  const flow = bed.flow(RATE)
  for (let i = 0; i < cycles; i++) {
    const member = await bed.start(changes[i % changes.length])
    await member.joined()
    await delay(random.between(500, 4_000))
    member.assertAlive()
    await (kills ? member.kill('SIGKILL') : member.stop())
    const next = loadSettings({ file: null, env: {}, overrides: merged(bed.plain, changes[(i + 1) % changes.length] ?? {}) })
    bed.expected.switchTo(next, 0, await bed.committed())
  }
  await flow.stop()
  await bed.start(changes[cycles % changes.length])
  const outcome = await bed.conclude({ detailMayDouble: kills })
  if (!kills) return outcome
  return {
    ...outcome,
    bound: BOUND_PER_KILL * cycles,
    note: `${(outcome.doubled / cycles).toFixed(1)} events counted twice for each kill with a change of rules, at ${RATE} events/s and a flush each second`,
  }
}

/** What is deployed in turn; the first is what the bed itself has. */
function deployments(): Change[] {
  const rulesFile = join(mkdtempSync(join(tmpdir(), 'tracefold-chaos-')), 'rules.yaml')
  writeFileSync(rulesFile, "rules:\n  - { id: tenants, group: '{{default}} {{job}}', match: { type: TimeoutException } }\n")
  return [{}, { blockSize: 450 }, { filter: { minLevel: 'INFO' } }, { fingerprint: { rulesFile } }]
}

function merged(base: Record<string, unknown>, change: Change): Record<string, unknown> {
  const result = { ...base }
  for (const [name, value] of Object.entries(change))
    result[name] = typeof value === 'object' ? { ...(base[name] as object | undefined), ...value } : value
  return result
}
