/** The rollup topic of an installation as the store of the contract suites. */
import { namesOf } from '../../src/config/names.ts'
import { readTopic } from '../../src/kafka/read-topic.ts'
import { createMetrics } from '../../src/metrics.ts'
import { partitionKey } from '../../src/source/source.ts'
import { evidenceOf } from '../../src/store/rollup-ledger.ts'
import { RollupTopicStore } from '../../src/store/rollup-topic.ts'
import { idleSource, silent, type Installation } from '../support/cluster.ts'

export function rollupTopicStore(installation: Installation): RollupTopicStore {
  const { settings, neighbours } = installation
  const { kafka, admin, names } = neighbours
  const source = idleSource(installation, namesOf(settings.name).rollupGroup)
  return new RollupTopicStore({
    kafka,
    admin,
    names,
    rules: { digest: 'rules-1' },
    lostPosition: 'stop',
    transactionTimeoutMs: settings.kafka.transactionTimeoutMs,
    bounds: (p) => source.bounds(p),
    evidence: async (p) => evidenceOf((await readTopic(kafka, admin, names.ledgerTopic)).values(), partitionKey(p)),
    metrics: createMetrics(),
    log: silent,
  })
}
