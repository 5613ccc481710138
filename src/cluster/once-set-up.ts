/**
 * Elasticsearch's documents from when Elasticsearch is set up. In: the documents, and the promise of that. Out: the same, to be used at once.
 *
 * Until then nothing is written, for an index without its template would be one by accident. A write waits as it does for an Elasticsearch that goes away
 * later: the stream has a commit under way and pauses its source at its bounds, so that a tolerance of loss can tell that the store takes nothing.
 */
import { TracefoldError } from '../errors.ts'
import { orAborted } from '../lib/retry.ts'
import type { ClusterDetailOptions } from '../store/cluster-detail.ts'

type Documents = ClusterDetailOptions['documents']

/** `setUp` may reject: then writes reject with the same. `stopping` ends the wait for it, too. */
export function onceSetUp(documents: Documents, setUp: Promise<void>, stopping: AbortSignal): Documents {
  let isSetUp = false
  setUp.then(
    () => (isSetUp = true),
    () => {},
  )
  const ready = async (signal: AbortSignal): Promise<void> => {
    if (!isSetUp) await orAborted(setUp, AbortSignal.any([signal, stopping]))
  }
  return {
    merge: async (updates, signal) => {
      await ready(signal)
      return documents.merge(updates, signal)
    },
    writeLedger: async (entries, signal) => {
      await ready(signal)
      return documents.writeLedger(entries, signal)
    },
    evidence: async (p) => {
      if (!isSetUp) throw new TracefoldError('neighbour_away', 'Elasticsearch is away, or not set up yet')
      return documents.evidence(p)
    },
  }
}
