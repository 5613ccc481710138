/**
 * Several Kafka clusters as one source: each comes up, goes on and fails alone. In: the work of each. Out: one promise for the process.
 *
 * What an operator must decide for one cluster (a lost position, a login that is refused) ends that one, is told, and leaves the others at work; the promise
 * rejects with it once they have ended, too. A fault of the program ends all, and so does a consumer that stalls for good: a new process is its remedy.
 */
import { isTracefoldError, TracefoldError } from '../errors.ts'

export async function eachAlone<Cluster>(
  clusters: readonly Cluster[],
  work: (cluster: Cluster) => Promise<void>,
  told: (cluster: Cluster, error: TracefoldError) => Promise<void>,
): Promise<void> {
  const failed: TracefoldError[] = []
  await Promise.all(
    clusters.map(async (cluster) => {
      try {
        await work(cluster)
      } catch (error) {
        if (clusters.length === 1 || !isTracefoldError(error) || endsAll(error)) throw error
        failed.push(error)
        await told(cluster, error)
      }
    }),
  )
  if (failed[0] !== undefined) throw failed[0]
}

function endsAll(error: TracefoldError): boolean {
  return error.code === 'stalled' || error.code === 'aborted' || error instanceof SameCluster
}

class SameCluster extends TracefoldError {}

/** Which Kafka each cluster is. Two that are the same would count every event twice. */
export class ClusterIds {
  readonly #names = new Map<string, string>()

  /** Throws `config_invalid`, which ends all. */
  add(id: string, name: string): void {
    const other = this.#names.get(id) ?? name
    if (other !== name)
      throw new SameCluster(
        'config_invalid',
        `kafka.moreClusters: expected different clusters; got the same one (${id}) as ${other} and as ${name}`,
      )
    this.#names.set(id, name)
  }
}
