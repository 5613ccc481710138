/**
 * Rebalances that come faster than a block is processed: blocks are far larger than what is read between two of them, so progress must be committed within
 * them or never. Another process joins and leaves every two seconds; the lag must come down all the same.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { lagOf } from '../counts.ts'
import type { Fault } from '../fault.ts'

const BLOCK = 1_000_000
const EVENTS = 60_000

export const rebalanceStorm: Fault = {
  name: 'rebalance-storm',
  about: 'a second process joins and is killed every two seconds, while a block takes far longer than that',
  cycles: 12,
  async run({ cycles, random, bed: makeBed }) {
    const bed = await makeBed({ over: { blockSize: BLOCK, kafka: { maxBytesPerPartition: 32_768 } } })
    await bed.produce(EVENTS)
    const stays = await bed.start()
    const { neighbours, topic } = bed.installation
    const lags = async (): Promise<number[]> =>
      Promise.all([neighbours.names.detailGroup, neighbours.names.rollupGroup].map((group) => lagOf(neighbours, group, topic)))
    let before: number[] | null = null
    for (let i = 0; i < cycles; i++) {
      const comes = await bed.start()
      before ??= await lags()
      await delay(random.between(500, 2_500))
      await (random.chance(0.7) ? comes.stop() : comes.kill('SIGKILL'))
    }
    const after = await lags()
    stays.assertAlive()
    const outcome = await bed.conclude()
    const progress = after.map((left, i) => (before?.[i] ?? 0) - left)
    const problems = progress.every((records) => records > 0) ? [] : ['a branch committed nothing during the storm']
    return {
      ...outcome,
      problems: [...problems, ...outcome.problems],
      note: `of ${before?.join(' and ')} records that waited when it began, ${progress.join(' and ')} were committed by the detail and the rollup branch during the storm`,
    }
  },
}
