/** Two Kafka clusters as one source: either goes on without the other, what was away rejoins by itself, and the answers are over both, exact. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { runCli } from '../../src/cli/program.ts'
import { createNeighbours, everyCluster, setUp, type Neighbours } from '../../src/cluster/neighbours.ts'
import type { Settings } from '../../src/config/schema.ts'
import type { TopResult } from '../../src/store/rollup-store.ts'
import { startKafka, type KafkaHandle } from '../../tools/services/kafka.ts'
import { freeBase, LOOPBACK } from '../../tools/services/ports.ts'
import { HOUR } from '../support/builders.ts'
import { endDruid, ownSettings, silent, startHere, type Here } from '../support/cluster.ts'
import { countsInElasticsearch, totalOf } from '../support/oracle.ts'
import { requireServices } from '../support/services.ts'
import { waitUntil } from '../support/wait.ts'
import { capturedIo } from '../unit/cli/captured-io.ts'

const services = requireServices('kafka', 'elasticsearch', 'druid')
const PATIENCE_MS = 120_000

services.describe('two Kafka clusters', () => {
  const releases: (() => Promise<unknown>)[] = []
  afterEach(async () => {
    for (const release of releases.splice(0).toReversed()) await release()
  })

  test('the further one away at start, and again later: the first goes on, the further one rejoins, and both are counted once', async () => {
    const port = await freeBase([0, 1])
    const fast = { detail: { flushMs: 50 }, rollup: { flushMs: 50, catchUpFlushMs: 50 } }
    const settings = ownSettings(
      services,
      { ...fast, kafka: { sessionTimeoutMs: 6_000, moreClusters: [{ name: 'eu', brokers: [`${LOOPBACK}:${port}`] }] } },
      1,
      true,
    )
    const neighbours = createNeighbours(settings, silent)
    const [, eu] = everyCluster(neighbours) as [Neighbours, Neighbours]
    releases.push(
      () => neighbours.close(),
      () => endDruid({ neighbours }),
      () => endDruid({ neighbours: eu }),
    )

    const here = await startHere(settings, { setup: true })
    releases.push(() => here.mode.stop())
    await waitUntil(
      'the first to start, and what is away to be said',
      () => check(here, 'start')?.ok === true && check(here, 'start eu')?.detail.includes('connecting to Kafka'),
    )
    await produce(neighbours, ['boom', 'boom', 'crash'])
    await counted(neighbours, 3)
    await waitUntil(
      "the first's rows, though the further one has no datasource yet",
      async () => (await top(here)).total === 3,
      PATIENCE_MS,
    )
    expect(await here.mode.api.letters?.letters({ limit: 10 })).toEqual([])

    const io = capturedIo()
    expect(await runCli(['--config', written(settings), 'setup'], io)).toBe(69)
    expect(io.out()).toContain(`topic ${neighbours.names.rollupTopic} (exists)`)
    expect(io.err()).toContain('connecting to Kafka')

    const kafka: KafkaHandle = await startKafka({ port })
    releases.push(() => kafka.close())
    await waitUntil('the further one to start', () => check(here, 'start eu')?.ok === true, PATIENCE_MS)
    await produce(eu, ['boom', 'only here', null])
    await counted(neighbours, 5)

    await kafka.kill()
    await waitUntil(
      'it to be said that it is away',
      () => check(here, 'kafka ' + eu.names.detailGroup)?.ok === false && check(here, 'kafka ' + eu.names.rollupGroup)?.ok === false,
      PATIENCE_MS,
    )
    await produce(neighbours, ['boom'])
    await counted(neighbours, 6)
    expect(here.health.ready().ready).toBe(false)
    expect(check(here, 'kafka ' + neighbours.names.detailGroup)?.ok).toBe(true)
    await expect(here.mode.api.ledger?.ledger({ from: '0000-01-01', to: '9999-12-31' })).rejects.toMatchObject({ code: 'not_available' })

    await kafka.restart()
    await produce(eu, ['boom'])
    await counted(neighbours, 7)
    await waitUntil('the rows of both', async () => (await top(here)).total === 7, PATIENCE_MS)
    expect(titles(await top(here))).toEqual([
      ['boom', 5],
      ['crash', 1],
      ['only here', 1],
    ])
    expect(totalOf(await countsInElasticsearch(neighbours))).toBe(7)
    const jobs = await here.mode.api.reader.jobs({ ...range(), limit: 10 })
    expect(jobs.map(({ count }) => count)).toEqual([7])

    const letters = await waitUntil('the letter of the further one', async () => {
      const found = await here.mode.api.letters?.letters({ limit: 10 })
      return found?.length === 1 ? found : null
    })
    expect(letters.map(({ partition }) => partition.cluster)).toEqual([(await eu.admin.describeCluster()).clusterId])
    await neighbours.elasticsearch.indices.refresh({ index: neighbours.names.ledgerIndex })
    const ledger = (await here.mode.api.ledger?.ledger({ from: '0000-01-01', to: '9999-12-31' })) ?? []
    expect(ledger.map(({ branch, counts }) => [branch, counts['consumed'], counts['counted']]).toSorted()).toEqual([
      ['detail', 4, 3],
      ['detail', 4, 4],
      ['rollup', 4, 3],
      ['rollup', 4, 4],
    ])

    const lines = [...(await setUp(neighbours, neighbours.settings)), ...(await setUp(eu, eu.settings))]
    expect(
      lines
        .filter((line) => line.startsWith('topic') || line.startsWith('supervisor'))
        .every((line) => /\((exists|unchanged)\)$/.test(line)),
    ).toBe(true)
    expect(await eu.admin.listTopics()).toEqual(expect.arrayContaining([eu.names.controlTopic, eu.names.rollupTopic]))

    // What an operator must decide for one cluster stops that one alone: here its position is lost.
    await here.mode.stop()
    await waitUntil('the groups to be empty, and gone', () => eu.admin.deleteGroups([eu.names.detailGroup, eu.names.rollupGroup]))
    const again = await startHere(settings)
    releases.push(() => again.mode.stop())
    const failed = await waitUntil('what needs an operator to be said', () => check(again, 'cluster eu'))
    expect(failed).toMatchObject({ ok: false, detail: expect.stringContaining('stopped, the others go on') as string })
    await waitUntil("the first's streams to be those that are left", () => again.mode.api.pipeline?.().streams.length === 2)
    await produce(eu, ['never'])
    await produce(neighbours, ['boom'])
    await counted(neighbours, 8)
  }, 300_000)

  test('the same Kafka twice is told, and ends the process, since every event would count twice', async () => {
    const settings = ownSettings(services, { kafka: { moreClusters: [{ name: 'eu', brokers: services.kafka.brokers }] } }, 1, true)
    const here = await startHere(settings, { setup: true })
    releases.push(() => here.mode.stop())
    const neighbours = createNeighbours(settings, silent)
    releases.push(() => neighbours.close(), ...everyCluster(neighbours).map((one) => () => endDruid({ neighbours: one })))
    await expect(here.mode.done).rejects.toMatchObject({
      code: 'config_invalid',
      message: expect.stringContaining('expected different clusters') as string,
    })
  })

  /** As a file: without nulls, which are defaults. JSON is YAML. */
  function written(settings: Settings): string {
    const folder = mkdtempSync(join(tmpdir(), 'tracefold-settings-'))
    releases.push(async () => rmSync(folder, { recursive: true }))
    const path = join(folder, 'tracefold.yaml')
    writeFileSync(
      path,
      JSON.stringify({ ...settings, logLevel: 'fatal' }, (_, value: unknown) => (value === null ? undefined : value)),
    )
    return path
  }

  /** A null is a record that cannot be decoded. */
  async function produce({ kafka, settings }: Neighbours, messages: readonly (string | null)[]): Promise<void> {
    const producer = kafka.producer()
    await producer.connect()
    const line = (message: string): string =>
      JSON.stringify({ message, level: 'ERROR', loggerName: `com.acme.${message}`, thread: 't', timeMillis: Date.now() })
    await producer.send({
      topic: settings.kafka.topics[0] as string,
      messages: messages.map((message) => ({ value: message === null ? '{"cut' : line(message), partition: 0 })),
    })
    await producer.disconnect()
  }

  const counted = (neighbours: Neighbours, events: number): Promise<unknown> =>
    waitUntil(`${events} events in Elasticsearch`, async () => totalOf(await countsInElasticsearch(neighbours)) === events, PATIENCE_MS)

  function check({ health }: Here, name: string) {
    return health.ready().checks.find((one) => one.name === name)
  }

  function range() {
    const toMs = (Math.floor(Date.now() / HOUR) + 1) * HOUR
    return { fromMs: toMs - 3 * HOUR, toMs }
  }

  function top({ mode }: Here): Promise<TopResult> {
    return mode.api.reader.top({ ...range(), job: null, by: 'fingerprint', limit: 10 })
  }

  function titles({ rows }: TopResult): (readonly [string, number])[] {
    return rows.map(({ sampleMessage, count }) => [sampleMessage, count] as const)
  }
})
