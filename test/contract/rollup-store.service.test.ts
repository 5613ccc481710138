/**
 * The contracts of rollup store and reader on a real Kafka and Druid. One installation with one datasource serves all tests: each gets two
 * partitions and an hour that nobody else has, and sees only what belongs to these.
 */
import { afterAll, beforeAll } from 'vitest'
import { letterReader, ledgerReader } from '../../src/cluster/readers.ts'
import { documentsOf } from '../../src/cluster/neighbours.ts'
import { namesOf } from '../../src/config/schema.ts'
import { createHealth } from '../../src/health.ts'
import { createMetrics } from '../../src/metrics.ts'
import { readTopic } from '../../src/kafka/read-topic.ts'
import { partitionKey } from '../../src/source/source.ts'
import { DruidReader } from '../../src/store/druid/reader.ts'
import { evidenceOf } from '../../src/store/rollup-ledger.ts'
import { RollupTopicStore } from '../../src/store/rollup-topic.ts'
import { endDruid, fill, idleSource, install, installDruid, ownSettings, shares, silent, type Installation, type Share } from '../support/cluster.ts'
import { requireServices } from '../support/services.ts'
import { describeRollupReader } from './rollup-reader.ts'
import { describeRollupStore, type RollupAdapter } from './rollup-store.ts'

const services = requireServices('kafka', 'elasticsearch', 'druid')
const TESTS = 12

services.describe('on real servers', () => {
  let installation: Installation
  let share: () => Share

  beforeAll(async () => {
    installation = await install(ownSettings(services, {}, 2 * TESTS, true))
    share = shares(installation)
    await installDruid(installation)
    await fill(installation, 10_000)
  })
  afterAll(async () => {
    await endDruid(installation)
    await installation.close()
  })

  describeRollupStore('the rollup topic with Druid', async () => adapterOf(installation, share()))
  // The last one: it looks further into the past than its own hour, where nobody has written.
  describeRollupReader('Druid', async () => adapterOf(installation, share()))
})

function adapterOf(installation: Installation, share: Share): RollupAdapter {
  const { settings, neighbours } = installation
  const { kafka, admin, druid, names } = neighbours
  const source = idleSource(installation, namesOf(settings.name).rollupGroup)
  const store = new RollupTopicStore({
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
  const accounts = ledgerReader(neighbours, documentsOf(settings, neighbours, createMetrics(), createHealth()))
  return {
    store,
    reader: new DruidReader(druid, names.datasource),
    partitions: share.partitions,
    nowMs: share.nowMs,
    ledger: async () => (await accounts.ledger({ from: '0000-01-01', to: '9999-12-31' })).filter(({ contributor }) => share.owns(contributor)),
    letters: async () => (await letterReader(neighbours).letters({ limit: 1_000 })).filter(share.hasLetter),
    reopen: async () => {
      await store.close()
      return adapterOf(installation, share)
    },
    close: () => store.close(),
  }
}
