/** The whole of cluster mode while its rule files change: every event is counted once, by the rules before or by the rules after, and the ledger says by which. */
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { eventsInRollupTopic, install, ownSettings, startHere } from '../support/cluster.ts'
import { countsInElasticsearch, totalOf } from '../support/oracle.ts'
import { requireServices } from '../support/services.ts'
import { waitUntil } from '../support/wait.ts'

const services = requireServices('kafka', 'elasticsearch')
const NOISY = 'rules: [{ id: noisy, action: drop, match: { logger: com.acme.Noisy } }]'

services.describe('filter rules that change while it runs', () => {
  test.each(['apart', 'together'])(
    'branches %s: what a new rule drops is counted by its name in both, from one offset on',
    async (branches) => {
      const rulesFile = join(mkdtempSync(join(tmpdir(), 'tracefold-rules-')), 'filters.yaml')
      writeFileSync(rulesFile, 'rules: []')
      const installation = await install(
        ownSettings(services, { branches, filter: { rulesFile }, detail: { flushMs: 50 }, rollup: { flushMs: 50, catchUpFlushMs: 50 } }, 2),
      )
      const { settings, neighbours, topic } = installation
      const here = await startHere(settings)
      const producer = neighbours.kafka.producer()
      const produce = async (count: number): Promise<void> => {
        const messages = Array.from({ length: count }, (_, i) => ({
          partition: i % 2,
          value: line(i % 4 < 2 ? 'com.acme.Noisy' : 'com.acme.Real'),
        }))
        await producer.send({ topic, messages })
      }
      const inBoth = async (): Promise<[number, number]> => [
        totalOf(await countsInElasticsearch(neighbours)),
        await eventsInRollupTopic(neighbours),
      ]
      try {
        await producer.connect()
        await produce(400)
        await waitUntil('all of them', async () => (await inBoth()).every((total) => total === 400), 60_000)
        writeFileSync(rulesFile, NOISY)
        await waitUntil('the new rules', () => here.logged.some((text) => text.includes('rules were read again')), 60_000)
        await produce(400)
        const ledger = await waitUntil(
          'the ledger of all',
          async () => {
            await neighbours.elasticsearch.indices.refresh({ index: `${settings.name}-*` })
            const totals = (await here.mode.api.ledger?.ledger({ from: '0000-01-01', to: '9999-12-31' })) ?? []
            const sums = ['detail', 'rollup'].map((branch) =>
              summed(totals.filter((total) => total.branch === branch).map(({ counts }) => counts)),
            )
            return sums.every((counts) => counts['consumed'] === 800) ? sums : null
          },
          60_000,
        )
        const expected = { consumed: 800, counted: 600, 'filtered.noisy': 200 }
        expect(ledger).toEqual([expected, expected])
        expect(await inBoth()).toEqual([600, 600])
      } finally {
        await producer.disconnect()
        await here.mode.stop()
        await installation.close()
      }
    },
  )
})

function line(logger: string): string {
  return JSON.stringify({
    message: 'boom',
    level: 'ERROR',
    loggerName: logger,
    thread: 't',
    loggerFqcn: 'x',
    instant: { epochSecond: Math.floor(Date.now() / 1_000), nanoOfSecond: 0 },
  })
}

function summed(all: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const sums: Record<string, number> = {}
  for (const counts of all) for (const [name, n] of Object.entries(counts)) sums[name] = (sums[name] ?? 0) + n
  return sums
}
