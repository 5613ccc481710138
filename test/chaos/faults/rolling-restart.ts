/**
 * A rolling restart, or an upgrade: each process is replaced by a new one that reads before the old one stops. Measured is the interruption: the longest
 * time in which a branch commits nothing of a partition while events flow. With the program's own settings for sessions and flushes.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { lagOf } from '../counts.ts'
import type { Fault } from '../fault.ts'
import { watchGaps } from '../gaps.ts'
import type { Member } from '../member.ts'
import { waitUntil } from '../../support/wait.ts'
import { schema } from '../../../src/config/schema.ts'

const RATE = 300
const PROCESSES = 2
const MOST_MS = 5_000
const BEGIN_MS = 60_000
/** How long the same is measured with nothing going on, to compare with. */
const QUIET_MS = 5_000

export const rollingRestart: Fault = {
  name: 'rolling-restart',
  about:
    'two processes are replaced one by one, the new one reads before the old one stops; measures the longest time in which nothing of a partition was committed',
  cycles: 4,
  async run({ cycles, bed: makeBed }) {
    const {
      kafka: { sessionTimeoutMs },
      detail: { flushMs },
      rollup,
    } = schema.parse({})
    const bed = await makeBed({
      over: {
        kafka: { sessionTimeoutMs },
        detail: { flushMs },
        rollup: { flushMs: rollup.flushMs, catchUpFlushMs: rollup.catchUpFlushMs },
      },
    })
    const { neighbours, topic } = bed.installation
    const members: Member[] = []
    for (let i = 0; i < PROCESSES; i++) members.push(await bed.start())
    await Promise.all(members.map((member) => member.reads()))
    await bed.produce(1_000)
    await waitUntil(
      'both branches to be through',
      async () =>
        (await lagOf(neighbours, neighbours.names.detailGroup, topic)) + (await lagOf(neighbours, neighbours.names.rollupGroup, topic)) ===
        0,
      BEGIN_MS,
    )
    const flow = bed.flow(RATE)
    const quiet = watchGaps(bed)
    await delay(QUIET_MS)
    const usual = await quiet.stop()
    const watch = watchGaps(bed)
    for (let i = 0; i < cycles; i++) {
      const comes = await bed.start()
      await comes.reads()
      await members.shift()?.stop()
      members.push(comes)
      for (const member of members) member.assertAlive()
    }
    const gaps = await watch.stop()
    await flow.stop()
    const outcome = await bed.conclude()
    const late = Object.entries(gaps).filter(([, ms]) => ms >= MOST_MS)
    return {
      ...outcome,
      problems: [...late.map(([branch, ms]) => `the ${branch} branch committed nothing of a partition for ${ms} ms`), ...outcome.problems],
      note: `longest time in which nothing of a partition was committed, over ${cycles} replacements: detail ${gaps.detail} ms, rollup ${gaps.rollup} ms; with nothing going on, detail ${usual.detail} ms, rollup ${usual.rollup} ms`,
    }
  },
}
