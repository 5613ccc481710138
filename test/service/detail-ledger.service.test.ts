/** The detail branch's ledger on a real Elasticsearch, where it has more lines than one answer holds: none is left out. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createHealth } from '../../src/health.ts'
import { createMetrics } from '../../src/metrics.ts'
import { contributorKey } from '../../src/store/position.ts'
import { ElasticsearchDocuments } from '../../src/store/elasticsearch/documents.ts'
import { anEntry, aPartition, DAY, T0 } from '../support/builders.ts'
import { install, ownSettings, type Installation } from '../support/cluster.ts'
import { requireServices } from '../support/services.ts'

const services = requireServices('kafka', 'elasticsearch')
const never = new AbortController().signal
const PAGE = 7
const dayAt = (i: number) => new Date(T0 + i * DAY).toISOString().slice(0, 10)

services.describe('a ledger of more lines than one answer holds', () => {
  let installation: Installation
  let documents: ElasticsearchDocuments

  beforeAll(async () => {
    installation = await install(ownSettings(services, {}, 1))
    const { settings, neighbours } = installation
    documents = new ElasticsearchDocuments({
      client: neighbours.elasticsearch,
      names: neighbours.names,
      settings: settings.elasticsearch,
      retentionDays: settings.detail.retentionDays,
      metrics: createMetrics(),
      health: createHealth(),
      now: Date.now,
      linesPerAnswer: PAGE,
    })
  })
  afterAll(() => installation.close())

  test('every line is read, the newest days and the moves of replays too', async () => {
    const streams = [0, 1, 2, 3, 4].map((partition) => contributorKey(aPartition({ partition }), 0))
    const lines = [0, 1, 2, 3].flatMap((i) => [...streams, `${streams[0]}~replay`].map((contributor) => ({ contributor, day: dayAt(i) })))
    await documents.writeLedger(
      lines.map((line) => anEntry(line)),
      never,
    )
    await installation.neighbours.elasticsearch.indices.refresh({ index: installation.neighbours.names.ledgerIndex })
    const found = await documents.ledger({ from: dayAt(0), to: dayAt(3) })
    expect(found.map(({ contributor, day }) => ({ contributor, day }))).toEqual(
      lines.toSorted((a, b) => (a.day + a.contributor < b.day + b.contributor ? -1 : 1)),
    )
    expect((await documents.ledger({ from: dayAt(3), to: dayAt(3) })).length).toBe(6)
    expect(await documents.ledger({ from: dayAt(9), to: dayAt(9) })).toEqual([])
  })

  test('the newest incarnation is the evidence, behind however many lines of one that came farther', async () => {
    const p = aPartition({ topic: 'made-anew' })
    const old = Array.from({ length: 3 * PAGE }, (_, i) =>
      anEntry({ contributor: contributorKey(p, 0, `${i}-abc`), day: dayAt(i), next: 1_000 + i }),
    )
    const young = [3, 5].map((next, i) => anEntry({ contributor: contributorKey(p, 1), day: dayAt(2 * PAGE + i), next }))
    await documents.writeLedger([...old, ...young], never)
    expect(await documents.evidence(p)).toEqual({ incarnation: 1, next: 5 })
    expect(await documents.evidence(aPartition({ topic: 'never-read' }))).toBeNull()
  })
})
