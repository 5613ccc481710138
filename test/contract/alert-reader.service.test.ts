/** The contract of readers for alert rules on a real Kafka and Druid, with a datasource of its own. */
import { afterAll, beforeAll } from 'vitest'
import { DruidAlertReader } from '../../src/store/druid/alert-reader.ts'
import { endDruid, fill, install, installDruid, ownSettings, shares, type Installation } from '../support/cluster.ts'
import { requireServices } from '../support/services.ts'
import { describeAlertReader, type AlertAdapter } from './alert-reader.ts'
import { rollupTopicStore } from './rollup-topic-adapter.ts'

const services = requireServices('kafka', 'elasticsearch', 'druid')

services.describe('on real servers', () => {
  let installation: Installation

  beforeAll(async () => {
    installation = await install(ownSettings(services, {}, 2, true))
    await installDruid(installation)
    await fill(installation, 100)
  })
  afterAll(async () => {
    await endDruid(installation)
    await installation.close()
  })

  describeAlertReader('Druid', async (): Promise<AlertAdapter> => {
    const { druid, names } = installation.neighbours
    const { partitions, nowMs } = shares(installation)()
    const store = rollupTopicStore(installation)
    return { store, alerts: new DruidAlertReader(druid, names.datasource), partitions, nowMs, close: () => store.close() }
  })
})
