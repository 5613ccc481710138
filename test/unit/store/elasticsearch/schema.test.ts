/** Names of day indices, and what setup puts into Elasticsearch. */
import { expect, test } from 'vitest'
import { loadSettings } from '../../../../src/config/load.ts'
import { namesOf } from '../../../../src/config/names.ts'
import {
  dayAlias,
  dayIndex,
  dayOf,
  detailTemplate,
  ledgerTemplate,
  mergeScript,
  scriptId,
} from '../../../../src/store/elasticsearch/schema.ts'

const names = namesOf('acme')
const { elasticsearch } = loadSettings({
  file: null,
  env: {},
  overrides: { mode: 'cluster', elasticsearch: { shards: 3, replicas: 2, refreshSeconds: 5 } },
})

test.each([
  ['2026-11-20T23:59:00Z', 'acme-detail-2026.11.20'],
  ['2026-11-21T00:00:00Z', 'acme-detail-2026.11.21'],
  ['1970-01-01T00:00:00Z', 'acme-detail-1970.01.01'],
])('a window belongs to its day in UTC: %s', (time, alias) => {
  expect(dayAlias(names, Date.parse(time))).toBe(alias)
  expect(dayOf(names, alias)).toBe(Date.parse(`${time.slice(0, 10)}T00:00:00Z`))
  expect(dayOf(names, dayIndex(alias))).toBe(dayOf(names, alias))
})

test.each([
  'acme-detail',
  'acme-ledger-v1',
  'acme-detail-2026.11.20-backup',
  'acme-detail-2026.11.20-v1-copy',
  'other-detail-2026.11.20',
  'acme-detail-detail-2026.11.20',
])('%s is no day of ours', (index) => {
  expect(dayOf(names, index)).toBeNull()
})

test('an index made for an alias is found by the template, and no write can make one by accident under it', () => {
  const { index_patterns: patterns, template } = detailTemplate(names, elasticsearch)
  expect(patterns).toEqual(['acme-detail-*'])
  expect(dayIndex(dayAlias(names, 0))).toMatch(/^acme-detail-/)
  expect(template.settings).toMatchObject({ number_of_shards: 3, number_of_replicas: 2, refresh_interval: '5s' })
  expect(template.mappings).toMatchObject({ dynamic: false, properties: { marks: { enabled: false }, kept: { enabled: false } } })
  expect(ledgerTemplate(names, elasticsearch).template.mappings.dynamic).toBe(false)
})

test("the script's name follows from the script and the installation", () => {
  expect(scriptId(names)).toMatch(/^acme-detail-merge-[0-9a-f]{8}$/)
  expect(scriptId(names)).not.toBe(scriptId(namesOf('other')))
  expect(mergeScript().lang).toBe('painless')
})
