/**
 * Two Kafka clusters as one source, of which the second is killed and comes back while both are written. The first goes on meanwhile, the second rejoins
 * by itself, and the account is over both.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { startKafka } from '../../../tools/services/kafka.ts'
import { waitUntil } from '../../support/wait.ts'
import { lagOf } from '../counts.ts'
import type { Fault } from '../fault.ts'

const RATE = 200
const SECOND = 1
/** The first cluster's branches are through with what there is while the second is away. */
const GOES_ON_MS = 60_000

export const clusterAway: Fault = {
  name: 'cluster-away',
  about: 'one of two Kafka clusters is killed and comes back while both are written; a process is killed in between',
  cycles: 3,
  async run({ cycles, random, kafkaVersion, bed: makeBed, onEnd }) {
    const second = await startKafka({ version: kafkaVersion })
    onEnd(() => second.close())
    const bed = await makeBed({ over: { kafka: { moreClusters: [{ name: 'eu', brokers: second.brokers }] } } })
    const { neighbours, topic } = bed.installation
    await Promise.all([bed.produce(1_000), bed.produce(1_000, { cluster: SECOND })])
    let member = await bed.start()
    const flows = [bed.flow(RATE), bed.flow(RATE, { cluster: SECOND })]
    const problems: string[] = []
    for (let i = 0; i < cycles; i++) {
      await delay(random.between(1_000, 5_000))
      await second.kill()
      const before = Date.now()
      for (const group of [neighbours.names.detailGroup, neighbours.names.rollupGroup]) {
        const isThrough = async (): Promise<boolean> => (await lagOf(neighbours, group, topic)) < RATE
        await waitUntil('the first cluster to go on', isThrough, GOES_ON_MS).catch(() =>
          problems.push(`${group} did not go on without the other cluster`),
        )
      }
      await delay(Math.max(0, random.between(0, 10_000) - (Date.now() - before)))
      await second.restart()
      member.assertAlive()
      if (random.chance(0.5)) continue
      await member.kill('SIGKILL')
      member = await bed.start()
    }
    for (const flow of flows) await flow.stop()
    const outcome = await bed.conclude()
    member.assertAlive()
    return { ...outcome, problems: [...problems, ...outcome.problems] }
  },
}
