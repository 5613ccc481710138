/**
 * Replays on real servers: the branches read Kafka to its end and are stopped; desks replay as processes of their own. Druid is not asked: what it would
 * count are the committed rows of the rollup topic.
 */
import { clusterBox, judgeOptions, type ClusterBoxParts } from '../../src/cluster/letter-boxes.ts'
import { createDesk } from '../../src/dlq/desk.ts'
import { foldReplays } from '../../src/dlq/ledger.ts'
import { documentsOf, type Neighbours } from '../../src/cluster/neighbours.ts'
import { ledgerReader } from '../../src/cluster/readers.ts'
import type { Settings } from '../../src/config/schema.ts'
import { createHealth } from '../../src/health.ts'
import { createMetrics } from '../../src/metrics.ts'
import { createRules } from '../../src/rules/rules.ts'
import type { ElasticsearchDocuments } from '../../src/store/elasticsearch/documents.ts'
import { countsInElasticsearch, totalOf } from '../support/oracle.ts'
import { deleteRecords, eventsInRollupTopic, install, ownSettings, runToEnd, silent, type Installation } from '../support/cluster.ts'
import { requireServices } from '../support/services.ts'
import { describeReplay, type Over, type ReplayAdapter } from '../unit/dlq/replay-suite.ts'

const services = requireServices('kafka', 'elasticsearch')
const FAST = { detail: { flushMs: 50 }, rollup: { flushMs: 50, catchUpFlushMs: 50 } }

services.describe('on real servers', () => {
  describeReplay('a cluster', async () => adapterOf(await install(ownSettings(services, FAST, 1))))
})

function adapterOf(installation: Installation): ReplayAdapter {
  const { neighbours, topic } = installation
  const { elasticsearch, names } = neighbours
  const settingsOf = (over: Over): Settings =>
    ownSettings(services, { ...FAST, name: installation.settings.name, kafka: { topics: [topic] }, ...over }, 1)
  const documents = documentsOf(installation.settings, neighbours, createMetrics(), createHealth())
  return {
    nowMs: Date.now(),
    consume: async (lines, over) => {
      const producer = neighbours.kafka.producer()
      await producer.connect()
      await producer.send({ topic, messages: lines.map((value) => ({ value, partition: 0 })) })
      await producer.disconnect()
      await runToEnd(settingsOf(over))
    },
    desk: async (over, killedAt) => {
      const settings = settingsOf(over)
      const rules = createRules(settings)
      const killed = killedAt === undefined ? { documents } : dying(documents, neighbours, killedAt)
      return createDesk(
        clusterBox({ settings, neighbours, health: createHealth(), log: silent, now: Date.now, onFailed: fail, ...killed }),
        judgeOptions(settings, () => rules, Date.now),
      )
    },
    steps: 4,
    counts: async () => ({ detail: totalOf(await countsInElasticsearch(neighbours)), rollup: await eventsInRollupTopic(neighbours) }),
    ledger: async () => {
      await elasticsearch.indices.refresh({ index: names.ledgerIndex })
      return foldReplays(await ledgerReader(neighbours, documents).ledger({ from: '0000-01-01', to: '9999-12-31' }))
    },
    forget: () => deleteRecords(neighbours, topic, -1),
    close: () => installation.close(),
  }
}

/** A process that dies: before its transaction is committed, or before or after one of the writes to Elasticsearch that follow it. */
function dying(documents: ElasticsearchDocuments, neighbours: Neighbours, step: number): Pick<ClusterBoxParts, 'documents' | 'neighbours'> {
  const killed = (): never => {
    throw new Error('killed')
  }
  const { kafka } = neighbours
  const producer: typeof kafka.producer = (config) => {
    const alive = kafka.producer(config)
    return { ...alive, transaction: async () => ({ ...(await alive.transaction()), commit: async () => killed() }) }
  }
  return {
    neighbours:
      step === 0
        ? {
            ...neighbours,
            kafka: Object.create(Object.getPrototypeOf(kafka) as object, {
              ...Object.getOwnPropertyDescriptors(kafka),
              producer: { value: producer },
            }) as typeof kafka,
          }
        : neighbours,
    documents: {
      evidence: (p) => documents.evidence(p),
      merge: async (updates, signal) => (step === 1 ? killed() : documents.merge(updates, signal)),
      writeLedger: async (entries, signal) => {
        if (step === 2) killed()
        await documents.writeLedger(entries, signal)
        if (step === 3) killed()
      },
    },
  }
}

function fail(error: unknown): never {
  throw error
}
