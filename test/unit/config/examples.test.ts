import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { loadSettings } from '../../../src/config/load.ts'
import { SETTINGS } from '../../../tools/services/instance.ts'

test('examples/services.yaml points at what `npm run services` starts', () => {
  const settings = loadSettings({ file: fileURLToPath(new URL('../../../examples/services.yaml', import.meta.url)), env: {} })
  const said = loadSettings({ file: null, env: { ...SETTINGS.kafka, ...SETTINGS.elasticsearch, ...SETTINGS.druid } })
  expect(settings.kafka.brokers).toEqual(said.kafka.brokers)
  expect(settings.elasticsearch.nodes).toEqual(said.elasticsearch.nodes)
  expect(settings.elasticsearch.replicas).toBe(said.elasticsearch.replicas)
  expect([settings.druid.queryUrl, settings.druid.coordinatorUrl]).toEqual([said.druid.queryUrl, said.druid.coordinatorUrl])
})
