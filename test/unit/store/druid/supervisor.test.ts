/** The supervisor's spec: what Druid must do with the rollup topic. */
import { expect, test } from 'vitest'
import { loadSettings } from '../../../../src/config/load.ts'
import { namesOf } from '../../../../src/config/names.ts'
import { supervisorSpec } from '../../../../src/store/druid/supervisor.ts'

const settings = (over: Record<string, unknown> = {}) =>
  loadSettings({ file: null, env: {}, overrides: { mode: 'cluster', kafka: { brokers: ['k1:9092', 'k2:9092'] }, ...over } })
const specOf = (over: Record<string, unknown> = {}) => supervisorSpec(namesOf('acme'), settings(over)).spec

test('it reads only what is committed, from the beginning', () => {
  const { ioConfig } = specOf()
  expect(ioConfig).toMatchObject({ topic: 'acme-rollups', useEarliestOffset: true })
  expect(ioConfig.consumerProperties).toEqual({ 'bootstrap.servers': 'k1:9092,k2:9092', 'isolation.level': 'read_committed' })
})

test('whatever else its consumer is given, it reads only what is committed, and from where we say', () => {
  const kafkaProperties = { 'security.protocol': 'SASL_SSL', 'isolation.level': 'read_uncommitted', 'bootstrap.servers': 'elsewhere:1' }
  const { ioConfig } = specOf({ druid: { kafkaBootstrap: 'inside:9093', kafkaProperties } })
  expect(ioConfig.consumerProperties).toEqual({
    'security.protocol': 'SASL_SSL',
    'bootstrap.servers': 'inside:9093',
    'isolation.level': 'read_committed',
  })
})

test('every column that a row carries is a dimension or a measure, once, and counts are sums', () => {
  const { dataSchema } = specOf()
  const columns = [...dataSchema.dimensionsSpec.dimensions, ...dataSchema.metricsSpec.map(({ name }) => name)]
  expect(columns.toSorted()).toEqual(
    [
      'category',
      'count',
      'culprit',
      'environment',
      'exception_class',
      'fingerprint',
      'fingerprint_previous',
      'first_seen',
      'fp_site',
      'hosts',
      'job',
      'last_seen',
      'level',
      'logger',
      'root_cause_class',
      'rule',
      'sample_message',
      'service_version',
      'severity',
      'title',
    ].toSorted(),
  )
  expect(dataSchema.metricsSpec).toContainEqual({ type: 'longSum', name: 'count', fieldName: 'count' })
  expect(dataSchema.granularitySpec).toMatchObject({ queryGranularity: 'MINUTE', rollup: true })
})

test('rows in memory are persisted by time only after the task has ended, and never by an estimate of bytes', () => {
  const { ioConfig, tuningConfig } = specOf({ druid: { taskDurationMinutes: 90 } })
  expect(ioConfig.taskDuration).toBe('PT90M')
  expect(tuningConfig.intermediatePersistPeriod).toBe('PT150M')
  expect(tuningConfig.maxBytesInMemory).toBe(-1)
})

test('a row that cannot be read does not end the task', () => {
  expect(specOf().tuningConfig).toMatchObject({ logParseExceptions: true, maxParseExceptions: 2_147_483_647 })
})
