/**
 * The contracts of rollup store and reader on a real Kafka and Druid. One installation with one datasource serves all tests: each gets two
 * partitions and an hour that nobody else has, and sees only what belongs to these.
 */
import { afterAll, beforeAll } from 'vitest'
import { ledgerReader } from '../../src/cluster/readers.ts'
import { documentsOf } from '../../src/cluster/neighbours.ts'
import { createHealth } from '../../src/health.ts'
import { createMetrics } from '../../src/metrics.ts'
import { DruidReader } from '../../src/store/druid/reader.ts'
import { endDruid, fill, install, installDruid, ownSettings, shares, type Installation, type Share } from '../support/cluster.ts'
import { lettersIn } from '../support/letters.ts'
import { requireServices } from '../support/services.ts'
import { describeRollupReader } from './rollup-reader.ts'
import { describeRollupStore, type RollupAdapter } from './rollup-store.ts'
import { rollupTopicStore } from './rollup-topic-adapter.ts'

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
  const { druid, names } = neighbours
  const store = rollupTopicStore(installation)
  const accounts = ledgerReader(neighbours, documentsOf(settings, neighbours, createMetrics(), createHealth()))
  return {
    store,
    reader: new DruidReader(druid, names.datasource),
    partitions: share.partitions,
    nowMs: share.nowMs,
    ledger: async () =>
      (await accounts.ledger({ from: '0000-01-01', to: '9999-12-31' })).filter(({ contributor }) => share.owns(contributor)),
    letters: async () => (await lettersIn(neighbours)).filter(share.hasLetter),
    reopen: async () => {
      await store.close()
      return adapterOf(installation, share)
    },
    close: () => store.close(),
  }
}
