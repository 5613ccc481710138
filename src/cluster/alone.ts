/**
 * Several Kafka clusters as one source: each comes up, goes on and fails alone. In: the work of each. Out: one promise for the process.
 *
 * What an operator must decide for one cluster (a lost position, a store that refuses) ends that one, is told, and leaves the others at work; the promise
 * rejects with it once they have ended, too. A fault of the program, of the settings, or a consumer that stalls for good ends all: these are of the process.
 */
import { isTracefoldError, TracefoldError, type ErrorCode } from '../errors.ts'

const OF_THE_PROCESS: readonly ErrorCode[] = ['config_invalid', 'stalled', 'aborted']

export async function eachAlone<Cluster>(clusters: readonly Cluster[], work: (cluster: Cluster) => Promise<void>, told: (cluster: Cluster, error: TracefoldError) => Promise<void>): Promise<void> {
  const failed: TracefoldError[] = []
  await Promise.all(
    clusters.map(async (cluster) => {
      try {
        await work(cluster)
      } catch (error) {
        if (clusters.length === 1 || !isTracefoldError(error) || OF_THE_PROCESS.includes(error.code)) throw error
        failed.push(error)
        await told(cluster, error)
      }
    }),
  )
  if (failed[0] !== undefined) throw failed[0]
}

/** Which Kafka each cluster is. Two that are the same would count every event twice. */
export class ClusterIds {
  readonly #names = new Map<string, string>()

  /** Throws `config_invalid`. */
  add(id: string, name: string): void {
    const other = this.#names.get(id) ?? name
    if (other !== name) throw new TracefoldError('config_invalid', `kafka.moreClusters: expected different clusters; got the same one (${id}) as ${other} and as ${name}`)
    this.#names.set(id, name)
  }
}
