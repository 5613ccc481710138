/**
 * The whole of cluster mode where the log itself fails us: records that retention took before we read them, a topic that is deleted and made anew.
 * What was there to read is counted once in both branches, and the ledger says what was not.
 */
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { LedgerTotal } from '../../src/store/ledger.ts'
import { imbalance } from '../../src/store/ledger.ts'
import {
  deleteRecords,
  eventsInRollupTopic,
  install,
  ownSettings,
  runToEnd,
  startHere,
  type Here,
  type Installation,
} from '../support/cluster.ts'
import { countsInElasticsearch, totalOf } from '../support/oracle.ts'
import { requireServices } from '../support/services.ts'
import { waitUntil } from '../support/wait.ts'

const services = requireServices('kafka', 'elasticsearch')

services.describe('a log that does not hold what we need', () => {
  let installation: Installation
  const running: Here[] = []

  beforeEach(async () => {
    installation = await install(ownSettings(services, { detail: { flushMs: 50 }, rollup: { flushMs: 50, catchUpFlushMs: 50 } }, 1))
  })
  afterEach(async () => {
    for (const { mode } of running.splice(0)) await mode.stop()
    await installation.close()
  })

  async function produce(count: number): Promise<void> {
    const producer = installation.neighbours.kafka.producer()
    await producer.connect()
    const messages = Array.from({ length: count }, (_, i) => ({
      partition: 0,
      value: JSON.stringify({
        message: `boom ${i % 3}`,
        level: 'ERROR',
        loggerName: 'com.acme.A',
        thread: 't',
        instant: { epochSecond: Math.floor(Date.now() / 1_000), nanoOfSecond: 0 },
      }),
    }))
    await producer.send({ topic: installation.topic, messages })
    await producer.disconnect()
  }

  const start = async (): Promise<Here> => {
    const here = await startHere(installation.settings)
    running.push(here)
    await waitUntil('the streams', () => here.health.ready().checks.find(({ name, ok }) => name === 'start' && ok))
    return here
  }
  const inBoth = async (): Promise<[number, number]> => [
    totalOf(await countsInElasticsearch(installation.neighbours)),
    await eventsInRollupTopic(installation.neighbours),
  ]

  /** Sums over days, for each branch: name of the outcome -> events. */
  async function account({ mode }: Here): Promise<{ branch: string; incarnations: string[]; counts: Record<string, number> }[]> {
    await installation.neighbours.elasticsearch.indices.refresh({ index: `${installation.settings.name}-*` })
    const totals = (await mode.api.ledger?.ledger({ from: '0000-01-01', to: '9999-12-31' })) ?? []
    for (const { counts } of totals) expect(imbalance(counts)).toBe(0)
    return ['detail', 'rollup'].map((branch) => {
      const own = totals.filter((total) => total.branch === branch)
      return {
        branch,
        incarnations: [...new Set(own.map(({ contributor }) => contributor.split('/').at(-2) ?? ''))].toSorted(),
        counts: summed(own),
      }
    })
  }

  test('records that expired while we were stopped: the rest is counted, the lost range is in the ledger, nothing is doubled', async () => {
    await produce(300)
    await runToEnd(installation.settings)
    await produce(200)
    await deleteRecords(installation.neighbours, installation.topic, 420)
    const here = await runToEnd(installation.settings)
    expect(await inBoth()).toEqual([380, 380])
    const expected = { consumed: 500, counted: 380, expired: 120 }
    const looking = await start()
    expect(await account(looking)).toMatchObject([
      { incarnations: ['0'], counts: expected },
      { incarnations: ['0'], counts: expected },
    ])
    expect(here.health.ready().checks.filter(({ name, ok }) => name.startsWith('stream') && !ok)).toEqual([])
  })

  test("together, the detail group's offsets are forgotten by Kafka, for it has no members: it goes on where its ledger says, and all is counted once", async () => {
    const settings = { ...installation.settings, branches: 'together' as const }
    await produce(300)
    await runToEnd(settings)
    await installation.neighbours.admin.deleteGroups([installation.neighbours.names.detailGroup])
    await produce(200)
    await runToEnd(settings)
    expect(await inBoth()).toEqual([500, 500])
  })

  test('all records expired while we were stopped: the run still ends at the end, and says what is lost', async () => {
    await produce(50)
    await runToEnd(installation.settings)
    await produce(70)
    await deleteRecords(installation.neighbours, installation.topic, -1)
    await runToEnd(installation.settings)
    expect(await inBoth()).toEqual([50, 50])
    const expected = { consumed: 120, counted: 50, expired: 70 }
    expect(await account(await start())).toMatchObject([{ counts: expected }, { counts: expected }])
  })

  test('a topic deleted and made anew while we were stopped is counted anew, as another incarnation', async () => {
    await produce(300)
    await runToEnd(installation.settings)
    await remakeTopic()
    await produce(40)
    await runToEnd(installation.settings)
    expect(await inBoth()).toEqual([340, 340])
    const expected = { consumed: 340, counted: 340 }
    expect(await account(await start())).toMatchObject([
      { incarnations: ['0', '1'], counts: expected },
      { incarnations: ['0', '1'], counts: expected },
    ])
  })

  test('a topic deleted and made anew while we read it is counted anew, as another incarnation', async () => {
    await produce(300)
    const here = await start()
    await waitUntil('the first records', async () => (await inBoth()).every((total) => total === 300))
    await remakeTopic()
    await produce(40)
    await waitUntil('the new records', async () => (await inBoth()).every((total) => total >= 340), 60_000)
    expect(await inBoth()).toEqual([340, 340])
    const account0 = await waitUntil('the ledger', async () => {
      const found = await account(here)
      return found.every(({ counts }) => counts['consumed'] === 340) ? found : null
    })
    expect(account0).toMatchObject([{ incarnations: ['0', '1'] }, { incarnations: ['0', '1'] }])
  })

  async function remakeTopic(): Promise<void> {
    const { admin } = installation.neighbours
    await admin.deleteTopics({ topics: [installation.topic] })
    await waitUntil('the new topic', () =>
      admin.createTopics({ topics: [{ topic: installation.topic, numPartitions: 1, replicationFactor: 1 }], waitForLeaders: true }),
    )
  }
})

function summed(totals: readonly LedgerTotal[]): Record<string, number> {
  const all: Record<string, number> = {}
  for (const { counts } of totals) for (const [name, n] of Object.entries(counts)) all[name] = (all[name] ?? 0) + n
  return all
}
