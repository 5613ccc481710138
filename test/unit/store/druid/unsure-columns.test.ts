/** What Druid does not know of a table at the moment is not asked for: a query that names an unknown column is refused whole. */
import { beforeEach, describe, expect, test } from 'vitest'
import { DruidAlertReader } from '../../../../src/store/druid/alert-reader.ts'
import type { DruidClient } from '../../../../src/store/druid/client.ts'
import { DruidReader } from '../../../../src/store/druid/reader.ts'

const RANGE = { fromMs: 60_000, toMs: 120_000 }
const TOP = { ...RANGE, job: null, by: 'fingerprint', limit: 5 } as const

let known: readonly string[]
let asked: string[]
const client = {
  sql: async (query: string) => {
    if (query.includes('INFORMATION_SCHEMA')) return known.map((name) => ({ TABLE_NAME: 'rollups', COLUMN_NAME: name }))
    asked.push(query)
    return []
  },
  eachRow: async (query: string) => void asked.push(query),
} as unknown as DruidClient // what a reader asks for is there
beforeEach(() => (asked = []))

const ask = async (): Promise<string> => {
  const alerts = new DruidAlertReader(client, 'rollups')
  await Promise.all([
    new DruidReader(client, 'rollups').top(TOP),
    new DruidReader(client, 'rollups').jobs({ ...RANGE, limit: 5 }),
    alerts.counts(RANGE),
    alerts.baseline({ ...RANGE, intervalMs: 60_000, by: ['job'], withHosts: true }),
  ])
  return asked.join('\n')
}

describe('the sketch of hosts', () => {
  test('is asked for where Druid sees it, and again at each query, for it goes and comes', async () => {
    known = ['count', 'hosts']
    expect(await ask()).toContain('DS_HLL(hosts')
    known = ['count']
    asked = []
    expect(await ask()).not.toMatch(/\bhosts\b/)
    known = ['count', 'hosts']
    expect(await ask()).toContain('DS_HLL(hosts')
  })
})

test('a later column is null where it is unknown', async () => {
  known = ['count', 'hosts']
  expect(await ask()).not.toMatch(/\b(severity|rule|fingerprint_previous)\b(?! AS)/)
  known = ['count', 'hosts', 'severity']
  expect(await ask()).toContain('LATEST(severity')
})
