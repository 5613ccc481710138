/**
 * Several Kafka nodes, each broker and controller, as one cluster on the loopback address: topics on all of them, writes safe once all but one have
 * them. For tests that take one away. In: how many. Out: running nodes, each with a life of its own.
 */
import { startOwned, temporaryFolder, type Handle } from './handle.ts'
import { kafkaPlan, newClusterId, type KafkaOptions } from './kafka.ts'
import { freeBase, LOOPBACK } from './ports.ts'

export interface KafkaClusterHandle {
  readonly brokers: string[]
  readonly nodes: readonly Handle[]
  close(): Promise<void>
}

export async function startKafkaCluster(size: number, options: KafkaOptions = {}): Promise<KafkaClusterHandle> {
  const ports: number[] = []
  for (let i = 0; i < size; i++) ports.push(await freeBase([0, 1]))
  const clusterId = newClusterId()
  const voters = ports.map((port, i) => `${i + 1}@${LOOPBACK}:${port + 1}`).join(',')
  const nodes = await Promise.all(
    ports.map(async (port, i) => {
      const settings = { ...shared(size, voters), 'node.id': String(i + 1), ...options.settings }
      return startOwned(
        kafkaPlan({ dir: await temporaryFolder('kafka'), port, controllerPort: port + 1 }, { ...options, clusterId, settings }),
      )
    }),
  )
  return {
    brokers: ports.map((port) => `${LOOPBACK}:${port}`),
    nodes,
    close: async () => void (await Promise.all(nodes.map((node) => node.close()))),
  }
}

function shared(size: number, voters: string): Record<string, string> {
  const [all, most] = [String(size), String(Math.max(1, size - 1))]
  return {
    'controller.quorum.voters': voters,
    'default.replication.factor': all,
    'min.insync.replicas': most,
    'offsets.topic.replication.factor': all,
    'transaction.state.log.replication.factor': all,
    'transaction.state.log.min.isr': most,
  }
}
