/** `setup` over an installation that the first version made: what is there stays readable, and what is new is found once it is written. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { documentsOf } from '../../src/cluster/neighbours.ts'
import { createHealth } from '../../src/health.ts'
import { createMetrics } from '../../src/metrics.ts'
import { DruidReader } from '../../src/store/druid/reader.ts'
import { supervisorSpec } from '../../src/store/druid/supervisor.ts'
import { dayAlias, dayIndex, detailTemplate } from '../../src/store/elasticsearch/schema.ts'
import { setUpElasticsearch } from '../../src/store/elasticsearch/setup.ts'
import { anIdentity, anUpdate, aSample, hashed, MINUTE } from '../support/builders.ts'
import { endDruid, install, installDruid, ownSettings, type Installation } from '../support/cluster.ts'
import { requireServices } from '../support/services.ts'
import { waitUntil } from '../support/wait.ts'

const services = requireServices('kafka', 'elasticsearch', 'druid')
const never = new AbortController().signal
const LATER_FIELDS = [
  'fp_prev',
  'rule',
  'link',
  'operators',
  'operator',
  'subtask',
  'envelopes',
  'layout',
  'truncated',
  'why',
  'advice',
  'message_template',
  'sample_time',
]
const LATER_DIMENSIONS = ['fingerprint_previous', 'severity', 'rule']
const PATIENCE_MS = 150_000

services.describe('an installation of the first version', () => {
  let installation: Installation
  const nowMs = Math.floor(Date.now() / MINUTE) * MINUTE

  beforeAll(async () => {
    installation = await install(ownSettings(services, {}, 1, true))
  })
  afterAll(async () => {
    await endDruid(installation)
    await installation.close()
  })

  test('a day that is there gets the new fields', async () => {
    const { settings, neighbours } = installation
    const { elasticsearch, names } = neighbours
    const { template, ...rest } = detailTemplate(names, settings.elasticsearch)
    const before = Object.fromEntries(Object.entries(template.mappings.properties).filter(([field]) => !LATER_FIELDS.includes(field)))
    await elasticsearch.indices.putIndexTemplate({
      name: names.detailIndex,
      ...rest,
      template: { ...template, mappings: { ...template.mappings, properties: before } },
    } as never)
    const alias = dayAlias(names, nowMs)
    await elasticsearch.indices.create({ index: dayIndex(alias), aliases: { [alias]: {} } })

    await setUpElasticsearch(elasticsearch, names, settings.elasticsearch)
    const documents = documentsOf(settings, neighbours, createMetrics(), createHealth())
    const classification = {
      category: 'overload',
      severity: 'high',
      rule: 'kafka-quota',
      advice: 'Slow down.',
      link: 'docs/patterns.md#kafka-quota',
    } as const
    await documents.merge(
      [
        anUpdate({
          identity: anIdentity({ window: nowMs, classification }),
          previous: hashed('v0:old'),
          operators: hashed('Map'),
          sample: aSample({ operator: 'Map', subtask: 2, envelopes: ['vector'] }),
        }),
      ],
      never,
    )
    await elasticsearch.indices.refresh({ index: names.detailIndex })
    const hits = async (query: object): Promise<number> =>
      (await elasticsearch.search({ index: names.detailIndex, query })).hits.hits.length
    for (const term of [
      { fp_prev: 'v0:old' },
      { rule: 'kafka-quota' },
      { operators: 'Map' },
      { operator: 'Map' },
      { subtask: 2 },
      { envelopes: 'vector' },
      { truncated: false },
      { layout: 'log4j2-json' },
    ]) {
      expect([term, await hits({ term })]).toEqual([term, 1])
    }
    expect(await hits({ match: { advice: 'slow' } })).toBe(1)
  })

  test('rows without the new columns are readable before and after, and those with them are read from the same datasource', async () => {
    const { settings, neighbours } = installation
    const { druid, kafka, names } = neighbours
    const reader = new DruidReader(druid, names.datasource)
    const range = { fromMs: nowMs - 30 * MINUTE, toMs: nowMs + MINUTE, job: null, by: 'fingerprint' as const, limit: 10 }
    const producer = kafka.producer()
    await producer.connect()
    const send = (minutes: number, row: Record<string, unknown>) => {
      const time = nowMs - minutes * MINUTE
      const value = {
        ts: new Date(time).toISOString(),
        job: 'orders',
        category: 'overload',
        level: 'ERROR',
        count: 1,
        hosts: ['h1'],
        first_seen: time,
        last_seen: time,
        title: 'T',
        sample_message: 'm',
        ...row,
      }
      return producer.send({ topic: names.rollupTopic, messages: [{ value: JSON.stringify(value) }] })
    }

    await druid.manage('POST', '/druid/indexer/v1/supervisor', firstVersion(supervisorSpec(names, settings)))
    await send(20, { fingerprint: 'v1:old', count: 4 })
    await waitUntil('the old row', async () => (await reader.top(range)).total === 4, PATIENCE_MS)
    expect((await reader.top(range)).rows).toMatchObject([{ key: 'v1:old', severity: null, rule: null, previousKeys: [] }])
    expect((await reader.top({ ...range, by: 'severity' })).rows).toMatchObject([{ key: '(none)', count: 4 }])
    expect((await reader.top({ ...range, only: { severity: 'high', fingerprint: 'v1:old' } })).total).toBe(0)
    expect((await reader.jobs(range))[0]).toMatchObject({ errorTypes: 1 })

    await installDruid(installation)
    await send(10, { fingerprint: 'v2:new', fingerprint_previous: 'v1:old', severity: 'high', rule: 'kafka-quota', count: 3 })
    await waitUntil(
      'both rows, and the new columns',
      async () => (await reader.top(range)).rows.some(({ key, count }) => key === 'v2:new' && count === 7),
      PATIENCE_MS,
    )
    expect((await reader.top(range)).rows).toMatchObject([
      { key: 'v2:new', count: 7, severity: 'high', rule: 'kafka-quota', previousKeys: ['v1:old'], firstMs: nowMs - 20 * MINUTE },
    ])
    expect((await reader.top({ ...range, by: 'severity' })).rows).toMatchObject([
      { key: '(none)', count: 4 },
      { key: 'high', count: 3 },
    ])
    await producer.disconnect()
  })
})

function firstVersion(spec: ReturnType<typeof supervisorSpec>): object {
  const { dataSchema } = spec.spec
  const dimensions = dataSchema.dimensionsSpec.dimensions.filter((name) => !LATER_DIMENSIONS.includes(name))
  return { ...spec, spec: { ...spec.spec, dataSchema: { ...dataSchema, dimensionsSpec: { dimensions } } } }
}
