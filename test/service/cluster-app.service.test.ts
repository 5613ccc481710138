/**
 * Cluster mode as an operator meets it: setting up, starting before that, a neighbour that is away, a document that Elasticsearch will not take.
 */
import { afterEach, expect, test } from 'vitest'
import { createNeighbours, setUp, type Neighbours } from '../../src/cluster/neighbours.ts'
import type { Settings } from '../../src/config/schema.ts'
import { dayAlias, dayIndex } from '../../src/store/elasticsearch/schema.ts'
import { endDruid, eventsInRollupTopic, ownSettings, runToEnd, silent, startHere, type Here } from '../support/cluster.ts'
import { countsInElasticsearch, totalOf } from '../support/oracle.ts'
import { startProxy } from '../support/proxy.ts'
import { requireServices } from '../support/services.ts'
import { waitUntil } from '../support/wait.ts'

const services = requireServices('kafka', 'elasticsearch', 'druid')

services.describe('cluster mode', () => {
  const releases: (() => Promise<unknown>)[] = []
  afterEach(async () => {
    for (const release of releases.splice(0).toReversed()) await release()
  })

  function neighboursOf(settings: Settings): Neighbours {
    const neighbours = createNeighbours(settings, silent)
    releases.push(
      () => neighbours.close(),
      () => endDruid({ neighbours }).catch(() => {}),
    )
    return neighbours
  }

  async function started(settings: Settings): Promise<Here> {
    const here = await startHere(settings)
    releases.push(() => here.mode.stop())
    return here
  }

  function startOf({ health }: Here) {
    return health.ready().checks.find(({ name }) => name === 'start')
  }

  async function produce({ kafka }: Neighbours, settings: Settings, values: readonly string[]): Promise<void> {
    const producer = kafka.producer()
    await producer.connect()
    await producer.send({ topic: settings.kafka.topics[0] as string, messages: values.map((value) => ({ value, partition: 0 })) })
    await producer.disconnect()
  }

  const line = (message: string, over: Record<string, unknown> = {}): string =>
    JSON.stringify({ message, level: 'ERROR', loggerName: 'com.acme.A', thread: 't', timeMillis: Date.now(), ...over })
  const fast = { detail: { flushMs: 50 }, rollup: { flushMs: 50, catchUpFlushMs: 50 } }

  test('setting up twice, and by two at once, leaves what is there', async () => {
    const settings = ownSettings(services, fast, 1, true)
    const neighbours = neighboursOf(settings)
    const [one, other] = [await setUp(neighbours, settings), await setUp(neighbours, settings)]
    expect(other.map((text) => text.replace(/ \((exists|unchanged)\)$/, ''))).toEqual(
      one.map((text) => text.replace(/ \((exists|unchanged)\)$/, '')),
    )
    expect(other).toContain(`supervisor ${neighbours.names.datasource} (unchanged)`)
    expect(other.filter((text) => text.startsWith('topic')).every((text) => text.endsWith('(exists)'))).toBe(true)

    const again = ownSettings(services, fast, 1, true)
    const both = neighboursOf(again)
    await Promise.all([setUp(both, again), setUp(both, again)])
  })

  test('run before setup: says what is missing, and starts by itself once it is there', async () => {
    const settings = ownSettings(services, fast, 1, true)
    const neighbours = neighboursOf(settings)
    const here = await started(settings)
    const detail = await waitUntil('what is missing', () => {
      const words = startOf(here)?.detail ?? ''
      return words.includes('missing: topic') && words.includes('missing: script') ? words : null
    })
    expect(detail).toContain(`topic ${settings.kafka.topics[0]}`)
    expect(detail).toContain(`index template ${neighbours.names.detailIndex}`)
    expect(detail).toContain('tracefold setup')
    expect(here.logged.join()).toContain('missing')

    await setUp(neighbours, settings)
    await waitUntil('the streams', () => startOf(here)?.ok, 60_000)
    await produce(neighbours, settings, [line('boom')])
    await waitUntil('the event', async () => totalOf(await countsInElasticsearch(neighbours)) === 1)
  })

  test('Elasticsearch away at start: said, and tried again; a stop in the meantime ends at once', async () => {
    const settings = ownSettings(services, { ...fast, elasticsearch: { nodes: ['http://127.0.0.1:1'] } }, 1, true)
    const here = await started(settings)
    await waitUntil('it to be said', () => startOf(here)?.detail.includes('Elasticsearch does not answer'))
    await waitUntil('a second try', () => here.logged.filter((text) => text.includes('Elasticsearch does not answer')).length >= 2)
    await expect(here.mode.stop()).resolves.toBeUndefined()
  })

  test('Elasticsearch and Druid away at start, as where a process restarts in an outage: the rollup branch counts, and the rest catches up', async () => {
    const own = ownSettings(services, fast, 1, true)
    const neighbours = neighboursOf(own)
    await setUp(neighbours, own)
    await produce(neighbours, own, [line('boom')])
    await runToEnd(own)
    await produce(neighbours, own, [line('boom'), line('boom')])
    const elasticsearch = await startProxy({ port: Number(new URL(services.elasticsearch.url).port) })
    releases.push(() => elasticsearch.close())
    await elasticsearch.set({ refuse: true })
    const away = {
      ...own,
      elasticsearch: { ...own.elasticsearch, nodes: [elasticsearch.url] },
      druid: { ...own.druid, coordinatorUrl: 'http://127.0.0.1:1' },
    }
    const here = await startHere(away, { setup: true })
    releases.push(() => here.mode.stop())

    const committed = (branch: string) =>
      here.mode.api
        .pipeline?.()
        .streams.find(({ branches }) => branches.join() === branch)
        ?.partitions.reduce((sum, one) => sum + one.committed, 0)
    await waitUntil('the rollup branch', () => committed('rollup') === 3)
    expect(await eventsInRollupTopic(neighbours)).toBe(3)
    await waitUntil(
      'a commit of the detail branch to be under way, as a tolerance of loss asks for',
      () => here.mode.api.pipeline?.().streams.find(({ branches }) => branches.includes('detail'))?.committingSinceMs,
    )
    expect(committed('detail')).toBe(1)
    expect(startOf(here)).toMatchObject({ ok: false })

    await elasticsearch.set({ refuse: false })
    await waitUntil('the detail branch', () => committed('detail') === 3, 60_000)
    expect(totalOf(await countsInElasticsearch(neighbours))).toBe(3)
    await waitUntil('the start', () => startOf(here)?.ok)
  })

  test('Elasticsearch away, the rollup branch alone does not care', async () => {
    const own = ownSettings(services, fast, 1, true)
    const neighbours = neighboursOf(own)
    await setUp(neighbours, own)
    await produce(neighbours, own, [line('boom'), line('boom')])
    const rollup = { ...own, branch: 'rollup' as const, elasticsearch: { ...own.elasticsearch, nodes: ['http://127.0.0.1:1'] } }
    await runToEnd(rollup)
    expect(await eventsInRollupTopic(neighbours)).toBe(2)
  })

  test('a document that Elasticsearch will not take becomes a letter with its reason; the others are indexed', async () => {
    const settings = ownSettings(services, { ...fast, branch: 'detail' }, 1, true)
    const neighbours = neighboursOf(settings)
    await setUp(neighbours, settings)
    const { elasticsearch, names } = neighbours
    // An index with a mapping of somebody's own: a thread's name is a number there.
    const alias = dayAlias(names, Date.now())
    await elasticsearch.indices.create({
      index: dayIndex(alias),
      aliases: { [alias]: {} },
      mappings: { properties: { process: { properties: { thread: { properties: { name: { type: 'long' } } } } } } } as never,
    })
    await produce(neighbours, settings, [
      line('good', { thread: '17' }),
      line('bad', { thread: 'not a number', loggerName: 'com.acme.B' }),
      line('bad', { thread: 'nor this', loggerName: 'com.acme.B' }),
    ])
    await runToEnd(settings)

    const letters = await lettersOf(settings)
    expect(letters).toMatchObject([{ stage: 'store', branch: 'detail', reason: 'refused_by_store', events: 2 }])
    expect(letters[0]?.detail).toMatch(/document_parsing_exception.*process\.thread\.name/)
    expect(totalOf(await countsInElasticsearch(neighbours))).toBe(1)
    await elasticsearch.indices.refresh({ index: names.ledgerIndex })
    const [total] = await ledgerOf(settings)
    expect(total?.counts).toMatchObject({ consumed: 3, counted: 1, 'dead.refused_by_store': 2 })
  })

  test('an index whose alias was taken away gets it back', async () => {
    const settings = ownSettings(services, { ...fast, branch: 'detail' }, 1, true)
    const neighbours = neighboursOf(settings)
    await setUp(neighbours, settings)
    await produce(neighbours, settings, [line('boom')])
    await runToEnd(settings)
    const alias = dayAlias(neighbours.names, Date.now())
    await neighbours.elasticsearch.indices.deleteAlias({ index: dayIndex(alias), name: alias })
    await produce(neighbours, settings, [line('boom')])
    await runToEnd(settings)
    expect(totalOf(await countsInElasticsearch(neighbours))).toBe(2)
  })

  test('records as producers may write them: odd headers and timestamps end no stream', async () => {
    const settings = ownSettings(services, { ...fast, branch: 'detail' }, 1, true)
    const neighbours = neighboursOf(settings)
    const topic = settings.kafka.topics[0] as string
    await neighbours.admin.connect()
    await neighbours.admin.createTopics({ topics: [{ topic, numPartitions: 1, replicationFactor: 1 }], waitForLeaders: true }) // theirs, with the producers' timestamps
    await setUp(neighbours, settings)
    const producer = neighbours.kafka.producer()
    await producer.connect()
    const messages = [
      { value: line('micros'), timestamp: '1700000000000000' },
      { value: line('nanos'), timestamp: '1700000000000000000' },
      { value: null },
      { value: line('now'), headers: { job: Buffer.alloc(0), twice: ['a', 'b'] } },
    ]
    await producer.send({ topic, messages: messages.map((message) => ({ ...message, partition: 0 })) })
    await producer.disconnect()
    await runToEnd(settings)
    expect(totalOf(await countsInElasticsearch(neighbours))).toBe(1)
    await neighbours.elasticsearch.indices.refresh({ index: neighbours.names.ledgerIndex })
    const totals = await ledgerOf(settings)
    expect(totals.reduce((sum, { counts }) => sum + (counts['dead.clock'] ?? 0), 0)).toBe(2)
    expect(totals.reduce((sum, { counts }) => sum + (counts['consumed'] ?? 0), 0)).toBe(4)
  })

  async function lettersOf(settings: Settings) {
    const here = await started(settings)
    return waitUntil('the letters', async () => here.mode.api.letters?.letters({ limit: 10 }))
  }

  async function ledgerOf(settings: Settings) {
    const here = await started(settings)
    return waitUntil('the ledger', async () => here.mode.api.ledger?.ledger({ from: '0000-01-01', to: '9999-12-31' }))
  }
})
