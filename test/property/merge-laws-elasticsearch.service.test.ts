/** The merge laws on Elasticsearch: the script that merges there keeps to the same law as the embedded store. A few histories, since each takes long. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { documentsOf } from '../../src/cluster/neighbours.ts'
import { createHealth } from '../../src/health.ts'
import { createMetrics } from '../../src/metrics.ts'
import { ClusterDetailStore } from '../../src/store/cluster-detail.ts'
import { aDetailPart, anIdentity, anUpdate, MINUTE } from '../support/builders.ts'
import { install, ownSettings, type Installation } from '../support/cluster.ts'
import { requireServices } from '../support/services.ts'
import { checkMergeLaws, type Sent } from './merge-laws.ts'

const services = requireServices('kafka', 'elasticsearch')
const never = new AbortController().signal
const HISTORIES = 25
/** Past what 32 bits hold: offsets, and so blocks, get there. */
const FAR = 2 ** 33

services.describe('the merge laws on Elasticsearch', () => {
  let installation: Installation
  let store: ClusterDetailStore
  const nowMs = Math.floor(Date.now() / MINUTE) * MINUTE

  beforeAll(async () => {
    installation = await install(ownSettings(services, {}, 1))
    const { settings, neighbours } = installation
    const { admin, kafka, names } = neighbours
    const documents = documentsOf(settings, neighbours, createMetrics(), createHealth())
    const bounds = () => Promise.resolve({ begin: 0, end: 0 })
    store = new ClusterDetailStore({
      documents,
      admin,
      letterProducer: kafka.producer(),
      names,
      rules: { digest: 'r' },
      lostPosition: 'stop',
      bounds,
      commitOpening: async () => {},
      commitOffsets: null,
    })
  })
  afterAll(() => installation.close())

  test.each([0, FAR])('whatever is repeated, late or mixed up, each event is counted once (blocks from %d on)', async (shift) => {
    let histories = 0
    await checkMergeLaws(async (sent) => countOf(`v1:${shift}-${histories++}`, shifted(sent, shift)), HISTORIES)
    expect(histories).toBeGreaterThanOrEqual(HISTORIES)
  })

  async function countOf(fp: string, sent: readonly Sent[]): Promise<number> {
    const identity = anIdentity({ fp, window: nowMs })
    const updates = sent.map((contributions) => anUpdate({ identity, contributions }))
    for (const update of updates) await store.commit(aDetailPart([update]), never)
    const { elasticsearch, names } = installation.neighbours
    const index = `${names.detailIndex}-${new Date(nowMs).toISOString().slice(0, 10).replaceAll('-', '.')}`
    const found = await elasticsearch.get<{ count: number }>({ index, id: updates[0]?.id ?? '' })
    return found._source?.count ?? 0
  }
})

function shifted(sent: readonly Sent[], by: number): Sent[] {
  return sent.map((part) => part.map((one) => ({ ...one, block: one.block + by })))
}
