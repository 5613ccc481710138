/**
 * The log's beginning passes a stopped consumer's position: what has gone is `expired` in the ledger, and everything else is counted once. (After a kill
 * instead of a stop, what was flushed and not yet committed is in the documents although the ledger calls it expired.)
 */
import { setTimeout as delay } from 'node:timers/promises'
import { BRANCHES, type BranchName } from '../../../src/store/position.ts'
import { waitUntil } from '../../support/wait.ts'
import type { Offsets } from '../expected.ts'
import type { Fault } from '../fault.ts'

const EVENTS = 4_000

const BEGIN_MS = 60_000

export const dataExpired: Fault = {
  name: 'data-expired',
  about: 'records are deleted from the log before a stopped process has read them (offset out of range)',
  cycles: 3,
  async run({ cycles, random, bed: makeBed }) {
    const bed = await makeBed()
    const { neighbours, topic, partitions } = bed.installation
    for (let i = 0; i < cycles; i++) {
      await bed.produce(EVENTS)
      const member = await bed.start()
      await waitUntil(
        'both branches to have committed something of each partition',
        async () => hasBegun(await bed.committed(), partitions.length),
        BEGIN_MS,
      )
      await delay(random.between(0, 1_000))
      await member.stop()
      await bed.produce(EVENTS / 2)
      const committed = await bed.committed()
      const begins = partitions.map(({ partition }) => {
        const least = Math.max(...BRANCHES.map((branch) => committed[branch].get(partition) ?? 0))
        return { partition, offset: least + random.between(1, 300) }
      })
      await neighbours.admin.fetchTopicOffsets(topic) // else kafkajs does not know the leaders
      await neighbours.admin.deleteTopicRecords({
        topic,
        partitions: begins.map(({ partition, offset }) => ({ partition, offset: String(offset) })),
      })
      for (const branch of BRANCHES) {
        for (const { partition, offset } of begins) bed.expected.expire(branch, 0, partition, committed[branch].get(partition) ?? 0, offset)
      }
    }
    await bed.start()
    return bed.conclude()
  },
}

/** A branch that never committed has no position for the log's beginning to pass: it begins there. */
function hasBegun(committed: Readonly<Record<BranchName, Offsets>>, partitions: number): boolean {
  return BRANCHES.every((branch) => committed[branch].size === partitions && [...committed[branch].values()].every((offset) => offset > 0))
}
