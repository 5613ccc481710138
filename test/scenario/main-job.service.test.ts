/**
 * The main job on real servers: sample events in Kafka, both branches, and for every job and fingerprint the events produced are the counts in
 * Elasticsearch, in Druid, and in what the API says. Once undisturbed, once killed in the middle and started again, once with the branches together.
 */
import { afterEach, expect, test } from 'vitest'
import { createNeighbours, setUp, type Neighbours } from '../../src/cluster/neighbours.ts'
import type { Settings } from '../../src/config/schema.ts'
import { packageFolder } from '../../src/package-root.ts'
import { loadSamples, sampleRecords } from '../../src/source/sample-records.ts'
import { endDruid, ownSettings, silent } from '../support/cluster.ts'
import { countsInApi, countsInDruid, countsInElasticsearch, createOracle, sorted, totalOf, type Oracle } from '../support/oracle.ts'
import { requireServices } from '../support/services.ts'
import { startTracefold, type Running } from '../support/tracefold.ts'
import { waitUntil } from '../support/wait.ts'

const services = requireServices('kafka', 'elasticsearch', 'druid')
const PARTITIONS = 4
const BATCH = 500
const PATIENCE_MS = 120_000

services.describe('the main job', () => {
  const releases: (() => Promise<unknown>)[] = []
  afterEach(async () => {
    for (const release of releases.splice(0).toReversed()) await release()
  })

  test('apart: what was produced is what every store and the API count, and the events behind an error can be read', async () => {
    const { settings, neighbours } = await installed({})
    const oracle = await produce(settings, neighbours, 2_400)
    const app = await started(settings)
    await expectExact(neighbours, oracle, app)
    for (const key of [...oracle.counts.keys()].slice(0, 5)) await expectEvent(app, key)
  })

  test('apart: a SIGKILL in the middle loses nothing and doubles nothing', async () => {
    const { settings, neighbours } = await installed({
      detail: { flushMs: 100 },
      rollup: { flushMs: 100, catchUpFlushMs: 100 },
      kafka: { maxBytesPerPartition: 262_144 },
    })
    const oracle = await produce(settings, neighbours, 20_000)
    const first = await started(settings)
    await waitUntil('some of the documents, not all', async () => totalOf(await countsInElasticsearch(neighbours)) > 0, PATIENCE_MS)
    await first.kill('SIGKILL')
    const inTheMiddle = totalOf(await countsInElasticsearch(neighbours))
    expect(inTheMiddle).toBeLessThan(oracle.total())
    const second = await started(settings)
    await expectExact(neighbours, oracle, second)
  })

  test('together: both branches over one source, a SIGKILL in the middle, then apart on the same positions', async () => {
    const { settings, neighbours } = await installed({
      branches: 'together',
      detail: { flushMs: 100 },
      rollup: { flushMs: 100, catchUpFlushMs: 100 },
      kafka: { maxBytesPerPartition: 262_144 },
    })
    const oracle = await produce(settings, neighbours, 12_000)
    const first = await started(settings)
    await waitUntil('some of the documents', async () => totalOf(await countsInElasticsearch(neighbours)) > 0, PATIENCE_MS)
    await first.kill('SIGKILL')
    const second = await started(settings)
    await expectExact(neighbours, oracle, second)
    expect(await second.kill('SIGTERM')).toBe(0)

    await produce(settings, neighbours, 2_400, oracle)
    const apart = await started(settings, { branches: 'apart' })
    await expectExact(neighbours, oracle, apart)
  })

  async function installed(over: Record<string, unknown>): Promise<{ settings: Settings; neighbours: Neighbours }> {
    const settings = ownSettings(services, over, PARTITIONS, true)
    const neighbours = createNeighbours(settings, silent)
    releases.push(() => neighbours.close())
    await setUp(neighbours, settings)
    releases.push(() => endDruid({ neighbours }))
    return { settings, neighbours }
  }

  async function produce(
    settings: Settings,
    neighbours: Neighbours,
    count: number,
    oracle: Oracle = createOracle(settings),
  ): Promise<Oracle> {
    const producer = neighbours.kafka.producer()
    await producer.connect()
    const samples = await loadSamples(packageFolder('samples'))
    const records = [...sampleRecords(samples, { startMs: Date.now(), spreadMs: 60_000, count })]
    for (let i = 0; i < records.length; i += BATCH) {
      const messages = records.slice(i, i + BATCH).map(({ key, value }, j) => ({ key, value, partition: (i + j) % PARTITIONS }))
      for (const message of messages) oracle.add(message)
      await producer.send({ topic: settings.kafka.topics[0] as string, messages })
    }
    await producer.disconnect()
    return oracle
  }

  async function started(settings: Settings, over: Record<string, unknown> = {}): Promise<Running> {
    const app = await startTracefold({ ...plain(settings), ...over })
    releases.push(() => app.kill('SIGKILL'))
    return app
  }

  async function expectEvent(app: Running, key: string): Promise<void> {
    const [job = '', fingerprint = ''] = key.split(' ')
    const group = `${app.url}api/v1/jobs/${encodeURIComponent(job)}/exceptions/groups/${fingerprint}`
    const answer = await (await fetch(`${group}/events?from=-1h&to=${encodeURIComponent('+1h')}`)).json()
    const event = { level: 'ERROR', message: expect.stringMatching(/./), stack_trace: expect.any(String) }
    expect(answer).toMatchObject({
      documents: expect.arrayContaining([expect.objectContaining({ job, fingerprint, event: expect.objectContaining(event) })]),
    })
  }

  async function expectExact(neighbours: Neighbours, oracle: Oracle, app: Running): Promise<void> {
    const total = oracle.total()
    const reached = async (what: string, counts: () => Promise<Map<string, number>>): Promise<unknown> =>
      waitUntil(`${total} events in ${what}`, async () => totalOf(await counts()) >= total, PATIENCE_MS).catch(async (error: unknown) => {
        throw new Error(`${String(error)}; ${totalOf(await counts())} are there\n${await stateOf(app)}`)
      })
    await Promise.all([
      reached('Elasticsearch', () => countsInElasticsearch(neighbours)),
      reached('Druid', () => countsInDruid(neighbours)),
    ])
    const ledger = await waitUntil('a ledger with everything', async () => {
      const found = (await (await fetch(`${app.url}api/v1/ledger`)).json()) as Ledger
      return found.totals.every(({ consumed }) => consumed >= total) && found.totals.length === 2 ? found : null
    })
    const expected = sorted(oracle.counts)
    expect(sorted(await countsInElasticsearch(neighbours))).toEqual(expected)
    expect(sorted(await countsInDruid(neighbours))).toEqual(expected)
    expect(sorted(await countsInApi(app.url))).toEqual(expected)
    expect(ledger).toMatchObject({
      balanced: true,
      totals: [
        { consumed: total, counted: total },
        { consumed: total, counted: total },
      ],
    })
  }
})

/** What the program says of itself, for the report of a failure. */
async function stateOf(app: Running): Promise<string> {
  const texts = await Promise.all(['readyz', 'metrics'].map((path) => fetch(`${app.url}${path}`).then((answer) => answer.text(), String)))
  const telling = texts.flatMap((text) => text.split('\n')).filter((line) => !/^#|_bucket|^process_|^nodejs_| 0$/.test(line))
  return [...telling, app.output().slice(-4_000)].join('\n')
}

interface Ledger {
  readonly balanced: boolean
  readonly totals: readonly { readonly consumed: number }[]
}

/** Settings as a file holds them: without the nulls, and without secrets (these have none). */
function plain(settings: Settings): Record<string, unknown> {
  return JSON.parse(JSON.stringify(settings, (_, value: unknown) => (value === null ? undefined : value))) as Record<string, unknown>
}
