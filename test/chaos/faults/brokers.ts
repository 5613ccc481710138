/** Three brokers, replication 3, at least 2 in sync: one is killed and comes back, or is away for a minute. */
import { setTimeout as delay } from 'node:timers/promises'
import { startKafkaCluster } from '../../../tools/services/kafka-cluster.ts'
import type { Fault, FaultContext, Outcome } from '../fault.ts'

const RATE = 200
const AWAY_MS = 60_000

async function withBrokers({ random, kafkaVersion, bed: makeBed, onEnd, cycles }: FaultContext, awayMs: () => number): Promise<Outcome> {
  const cluster = await startKafkaCluster(3, { version: kafkaVersion })
  onEnd(() => cluster.close())
  const bed = await makeBed({ kafka: cluster })
  await bed.produce(2_000)
  const members = [await bed.start(), await bed.start()]
  const flow = bed.flow(RATE)
  for (let i = 0; i < cycles; i++) {
    await delay(random.between(1_000, 5_000))
    const broker = cluster.nodes[random.between(0, cluster.nodes.length - 1)]
    await (random.chance(0.7) ? broker?.kill() : broker?.stop())
    await delay(awayMs())
    await broker?.restart()
  }
  await flow.stop()
  const outcome = await bed.conclude()
  for (const member of members) member.assertAlive()
  return outcome
}

export const brokerKilled: Fault = {
  name: 'broker-killed',
  about: 'three brokers, of which one after the other is killed or stopped, and started again at once',
  cycles: 4,
  run: (context) => withBrokers(context, () => context.random.between(0, 4_000)),
}

export const brokerAway: Fault = {
  name: 'broker-away',
  about: 'one broker of three is away for a minute',
  cycles: 1,
  run: (context) => withBrokers(context, () => AWAY_MS),
}
