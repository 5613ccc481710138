/**
 * The contracts of the detail store and of its reader on a real Elasticsearch and Kafka. One installation serves all tests: each gets two partitions and some minutes
 * that nobody else has, and sees only what belongs to these.
 */
import { afterAll, beforeAll } from 'vitest'
import { documentsOf } from '../../src/cluster/neighbours.ts'
import { createHealth } from '../../src/health.ts'
import { createMetrics } from '../../src/metrics.ts'
import type { Classification } from '../../src/event.ts'
import type { KafkaSource } from '../../src/source/kafka.ts'
import { ClusterDetailStore } from '../../src/store/cluster-detail.ts'
import { elasticsearchDetail } from '../../src/store/elasticsearch/detail-reader.ts'
import { fill, install, joinGroup, ownSettings, shares, type Installation, type Share } from '../support/cluster.ts'
import { lettersIn } from '../support/letters.ts'
import { requireServices } from '../support/services.ts'
import { DETAIL_READER_TESTS, describeDetailReader } from './detail-reader.ts'
import { describeDetailStore, type DetailAdapter, type DocumentState } from './detail-store.ts'

const services = requireServices('kafka', 'elasticsearch')
const TESTS = 33 + DETAIL_READER_TESTS

services.describe('on real servers', () => {
  let installation: Installation
  let source: KafkaSource
  let share: () => Share

  beforeAll(async () => {
    installation = await install(ownSettings(services, {}, 2 * TESTS))
    share = shares(installation)
    await fill(installation, 10_000)
    source = await joinGroup(installation, installation.neighbours.names.detailGroup)
  })
  afterAll(async () => {
    await source.stop()
    await installation.close()
  })

  describeDetailStore('Elasticsearch', async () => adapterOf(installation, source, share()))
  describeDetailReader('Elasticsearch', async () => {
    const { elasticsearch, names } = installation.neighbours
    return { ...adapterOf(installation, source, share()), reader: elasticsearchDetail(elasticsearch, names) }
  })
})

function adapterOf(installation: Installation, source: KafkaSource, share: Share): DetailAdapter {
  const { settings, neighbours } = installation
  const { kafka, admin, elasticsearch, names } = neighbours
  const documents = documentsOf(settings, neighbours, createMetrics(), createHealth())
  const store = new ClusterDetailStore({
    documents,
    admin,
    letterProducer: kafka.producer(),
    names,
    rules: { digest: 'rules-1' },
    lostPosition: 'stop',
    bounds: (p) => source.bounds(p),
    commitOpening: (progress, signal) => source.commit(progress, signal),
    commitOffsets: (progress, signal) => source.commit(progress, signal),
  })
  const refresh = (): Promise<unknown> => elasticsearch.indices.refresh({ index: `${settings.name}-*` })
  return {
    store,
    partitions: share.partitions,
    nowMs: share.nowMs,
    detailDays: settings.detail.retentionDays,
    documents: async () => {
      await refresh()
      const range = { gt: share.fromMs, lte: share.toMs, format: 'epoch_millis' }
      const found = await elasticsearch.search<Source>({
        index: `${names.detailIndex}-*`,
        size: 1_000,
        ignore_unavailable: true,
        allow_no_indices: true,
        query: { range: { '@timestamp': range } },
      })
      return found.hits.hits.map((hit) => stateOf(hit._id ?? '', hit._source!))
    },
    ledger: async () => {
      await refresh()
      const totals = await documents.ledger({ from: '0000-01-01', to: '9999-12-31' })
      return totals.filter(({ contributor }) => share.owns(contributor))
    },
    letters: async () => (await lettersIn(neighbours)).filter(share.hasLetter),
    reopen: async () => {
      await store.close()
      return adapterOf(installation, source, share)
    },
    close: () => store.close(),
  }
}

interface Source {
  readonly '@timestamp': string
  readonly job: string
  readonly fingerprint: string
  readonly title: string
  readonly count: number
  readonly first_seen: number
  readonly last_seen: number
  readonly hosts?: string[]
  readonly messages?: string[]
  readonly fp_stacks?: string[]
  readonly fp_prev?: string[]
  readonly operators?: string[]
  readonly category: string | null
  readonly severity: Classification['severity']
  readonly rule: string
  readonly advice: string | null
  readonly link: string | null
  readonly message?: string
  readonly operator: string | null
  readonly subtask: number | null
  readonly layout: string
  readonly envelopes: string[]
}

function stateOf(id: string, source: Source): DocumentState {
  return {
    id,
    job: source.job,
    fingerprint: source.fingerprint,
    windowMs: Date.parse(source['@timestamp']),
    title: source.title,
    count: source.count,
    firstMs: source.first_seen,
    lastMs: source.last_seen,
    hosts: source.hosts ?? [],
    messages: source.messages ?? [],
    stacks: source.fp_stacks ?? [],
    previous: source.fp_prev ?? [],
    operators: source.operators ?? [],
    classification: classificationOf(source),
    sampleMessage: source.message ?? null,
    samplePlace:
      source.message === undefined
        ? null
        : { operator: source.operator, subtask: source.subtask, layout: source.layout, envelopes: source.envelopes },
  }
}

function classificationOf({ category, severity, rule, advice, link }: Source): Classification | null {
  return category === null ? null : { category, severity, rule, advice, link }
}
