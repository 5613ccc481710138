/**
 * An operator skips ahead while events flow, kills follow, and everything that was skipped is backfilled by a command that is killed itself: in the end all
 * is counted once, and nothing is skipped. No kill comes right before a skip: what design.md names as the remaining bound.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { launchTracefold, runTracefold } from '../../support/tracefold.ts'
import { waitUntil } from '../../support/wait.ts'
import type { Fault } from '../fault.ts'

const RATE = 300
/** Longest life of a backfill that is killed. */
const LIFE_MS = 2_500

export const skipBackfill: Fault = {
  name: 'skip-backfill',
  about: 'live skips of one branch or both while events flow, kills after them, then a backfill of all that was skipped, killed at random moments until it is through',
  cycles: 4,
  async run({ cycles, random, bed: makeBed, say }) {
    const bed = await makeBed()
    const flow = bed.flow(RATE)
    for (let i = 0; i < cycles; i++) {
      const member = await bed.start()
      await member.joined()
      await bed.produce(4_000)
      const branch = random.chance(0.5) ? 'both' : random.chance(0.5) ? 'detail' : 'rollup'
      const asked = await runTracefold(bed.plain, ['offsets', 'skip', '--branch', branch])
      if (asked.code !== 0) throw new Error(`offsets skip ended with ${asked.code}: ${asked.output.slice(-2_000)}`)
      await waitUntil('the skips to be applied', async () => isApplied((await runTracefold(bed.plain, ['offsets', 'show', '--json'])).output))
      await delay(random.between(0, 1_000))
      member.assertAlive()
      await member.kill(random.chance(0.5) ? 'SIGKILL' : 'SIGTERM')
    }
    await flow.stop()
    await bed.start()
    let kills = 0
    for (; kills < cycles * 2; kills++) {
      const backfill = launchTracefold(bed.plain, ['backfill', '--all-skipped'])
      const ended = await Promise.race([backfill.exited, delay(random.between(500, LIFE_MS), 'killed' as const)])
      if (ended === 'killed') backfill.process.kill('SIGKILL')
      const code = await backfill.exited
      if (code === 0) break
      if (code !== null) throw new Error(`backfill ended with ${code}: ${backfill.output().slice(-2_000)}`)
    }
    const last = await runTracefold(bed.plain, ['backfill', '--all-skipped', '--json'])
    if (last.code !== 0) throw new Error(`backfill ended with ${last.code}: ${last.output.slice(-2_000)}`)
    say(`  the backfill was killed ${kills} times`)
    return bed.conclude()
  },
}

function isApplied(output: string): boolean {
  const start = output.indexOf('{')
  if (start === -1) return false
  const { offsets } = JSON.parse(output.slice(start)) as { offsets: readonly { skip_to: number | null }[] }
  return offsets.every(({ skip_to }) => skip_to === null)
}
