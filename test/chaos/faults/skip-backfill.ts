/**
 * An operator skips ahead while events flow, kills follow, and everything that was skipped is backfilled by a command that is killed itself: in the end all
 * is counted once, and nothing is skipped. A skip that is asked for while nothing runs follows a clean stop: what a kill leaves between documents and ledger is
 * counted again by a backfill, as docs/offsets.md says.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { launchTracefold, runTracefold } from '../../support/tracefold.ts'
import { waitUntil } from '../../support/wait.ts'
import type { Fault } from '../fault.ts'

const RATE = 300
/** Longest life of a backfill that is killed. */
const LIFE_MS = 2_500
/** Each look is a process of its own. */
const APPLIED_MS = 90_000

export const skipBackfill: Fault = {
  name: 'skip-backfill',
  about:
    'skips of one branch or both while events flow, live and between processes, kills after them, then a backfill of all that was skipped, killed at random moments until it is through',
  cycles: 4,
  async run({ cycles, random, bed: makeBed, say }) {
    const bed = await makeBed()
    const flow = bed.flow(RATE)
    for (let i = 0; i < cycles; i++) {
      const branch = random.chance(0.5) ? 'both' : random.chance(0.5) ? 'detail' : 'rollup'
      const skip = async (): Promise<void> => {
        const asked = await runTracefold(bed.plain, ['offsets', 'skip', '--branch', branch])
        if (asked.code !== 0) throw new Error(`offsets skip ended with ${asked.code}: ${asked.output.slice(-2_000)}`)
      }
      const isLive = i % 2 === 0
      if (!isLive) await bed.produce(2_000).then(skip)
      const member = await bed.start()
      await member.joined()
      if (isLive) await Promise.all([bed.produce(20_000), delay(random.between(0, 1_500)).then(skip)])
      await waitUntil(
        'the skips to be applied',
        async () => isApplied((await runTracefold(bed.plain, ['offsets', 'show', '--json'])).output),
        APPLIED_MS,
      )
      await delay(random.between(0, 1_000))
      member.assertAlive()
      if (isLive || random.chance(0.5)) await member.stop()
      else await member.kill('SIGKILL')
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
    const skipped = ranges((await runTracefold(bed.plain, ['offsets', 'show'])).output)
    if (skipped === 0) throw new Error('nothing was skipped')
    say(`  ${skipped} ranges were skipped; the backfill was killed ${kills} times`)
    return bed.conclude()
  },
}

function isApplied(output: string): boolean {
  const json = /^\{\n.*?^\}$/ms.exec(output)
  if (json === null) return false
  const { offsets } = JSON.parse(json[0]) as { offsets: readonly { skip_to: number | null }[] }
  return offsets.every(({ skip_to }) => skip_to === null)
}

/** Lines of the table of skipped ranges. */
function ranges(output: string): number {
  return output.split('\n').filter((line) => /^(?:detail|rollup):/.test(line) && line.includes('@')).length
}
