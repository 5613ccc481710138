/**
 * Moving positions on real servers: a skip while the program runs, a backfill that dies at every point of a commit, a reset after the offsets are gone, loss tolerance. At each
 * step the ledger is in balance, and at the end every event is counted once in both stores.
 */
import { afterEach, expect, test } from 'vitest'
import { documentsOf } from '../../src/cluster/neighbours.ts'
import { ledgerReader } from '../../src/cluster/readers.ts'
import { KafkaControlLog } from '../../src/control/kafka-control-log.ts'
import { createHealth } from '../../src/health.ts'
import { readTopic } from '../../src/kafka/read-topic.ts'
import { createMetrics } from '../../src/metrics.ts'
import { backfill, type BackfillOptions } from '../../src/offsets/backfill.ts'
import type { Marks } from '../../src/offsets/backfill-plan.ts'
import type { OffsetsDesk } from '../../src/offsets/desk.ts'
import { openOffsetsTools, type OffsetsTools } from '../../src/cluster/offsets-tools.ts'
import { SkipBook } from '../../src/offsets/skip-book.ts'
import { ToleranceWatch } from '../../src/offsets/tolerance.ts'
import { createRules } from '../../src/rules/rules.ts'
import { isBalanced } from '../../src/store/ledger.ts'
import { marksOf } from '../../src/store/skipped.ts'
import { eventsInRollupTopic, install, ownSettings, runToEnd, silent, startHere, type Here, type Installation } from '../support/cluster.ts'
import { startElasticsearchProxy, type ElasticsearchProxy } from '../support/elasticsearch-proxy.ts'
import { countsInElasticsearch, totalOf } from '../support/oracle.ts'
import { requireServices } from '../support/services.ts'
import { launchTracefold, runTracefold } from '../support/tracefold.ts'
import { waitUntil } from '../support/wait.ts'

const services = requireServices('kafka', 'elasticsearch')
/** Small commits, so that a range has many; within a block, and across its end. */
const SMALL = { blockSize: 50, detail: { flushMs: 50, flushDocuments: 1 }, rollup: { flushMs: 50, catchUpFlushMs: 50, flushRows: 1 } }
const NEVER = new AbortController().signal
const TO_END = { kind: 'end' } as const
const BOTH = ['detail', 'rollup'] as const

services.describe('positions of a cluster', () => {
  const releases: (() => Promise<unknown>)[] = []
  afterEach(async () => {
    for (const release of releases.splice(0).toReversed()) await release()
  })

  async function installed(over: Record<string, unknown> = {}, partitions = 1): Promise<Installation> {
    const installation = await install(ownSettings(services, { ...SMALL, ...over }, partitions))
    releases.push(() => installation.close())
    return installation
  }

  async function started({ settings }: Installation): Promise<Here & { offsets: OffsetsDesk }> {
    const here = await startHere(settings)
    releases.push(() => here.mode.stop())
    await waitUntil('the streams', () => here.health.ready().checks.find(({ name, ok }) => name === 'start' && ok))
    return { ...here, offsets: here.mode.api.offsets?.desk as OffsetsDesk } // cluster mode has one
  }

  /** The same, to be run with Elasticsearch behind a proxy. */
  async function held(installation: Installation): Promise<{ proxy: ElasticsearchProxy; behind: Installation }> {
    const proxy = await startElasticsearchProxy(services.elasticsearch.url)
    releases.push(() => proxy.close())
    const { settings } = installation
    return {
      proxy,
      behind: { ...installation, settings: { ...settings, elasticsearch: { ...settings.elasticsearch, nodes: [proxy.url] } } },
    }
  }

  async function tools({ settings }: Installation): Promise<OffsetsTools> {
    const opened = await openOffsetsTools(settings, Date.now)
    releases.push(() => opened.close())
    return opened
  }

  async function produce({ neighbours, topic }: Installation, count: number, partition = 0): Promise<void> {
    const producer = neighbours.kafka.producer()
    await producer.connect()
    const messages = Array.from({ length: count }, (_, i) => ({
      partition,
      value:
        i % 10 === 9
          ? 'no log at all {'
          : JSON.stringify({
              message: `boom ${i % 3}`,
              level: 'ERROR',
              loggerName: `com.acme.A${i % 3}`,
              thread: 't',
              timeMillis: Date.now(),
            }),
    }))
    // Ten to a batch: a fetch brings at least one batch whole.
    for (let i = 0; i < count; i += 10) await producer.send({ topic, messages: messages.slice(i, i + 10) })
    await producer.disconnect()
  }

  async function counts({ neighbours }: Installation): Promise<{ detail: number; rollup: number }> {
    return { detail: totalOf(await countsInElasticsearch(neighbours)), rollup: await eventsInRollupTopic(neighbours) }
  }

  /** By branch, over all days; and every line is in balance. */
  async function account({ settings, neighbours }: Installation): Promise<Record<string, Record<string, number>>> {
    await neighbours.elasticsearch.indices.refresh({ index: neighbours.names.ledgerIndex })
    const totals = await ledgerReader(neighbours, documentsOf(settings, neighbours, createMetrics(), createHealth())).ledger({
      from: '0000-01-01',
      to: '9999-12-31',
    })
    expect(totals.filter((total) => !isBalanced(total.counts))).toEqual([])
    const branches: Record<string, Record<string, number>> = {}
    for (const { branch, counts: outcomes } of totals) {
      const sums = (branches[branch] ??= {})
      for (const [name, n] of Object.entries(outcomes)) if (n !== 0) sums[name] = (sums[name] ?? 0) + n
    }
    return branches
  }

  const positions = async (desk: OffsetsDesk): Promise<string[]> =>
    (await desk.show()).offsets.map(({ branch, partition, committed }) => `${branch} ${partition} ${committed}`)

  /** Events among the offsets [from, to): every tenth record is none. */
  const events = (from: number, to: number): number =>
    Array.from({ length: to - from }, (_, i) => from + i).filter((offset) => offset % 10 !== 9).length
  const backAt = { kind: 'answer', status: 503, type: 'unavailable', reason: 'held by the test' } as const

  /** A backfill with what a test makes of its documents. */
  function backfillOptions(
    { settings, neighbours }: Installation,
    over: Partial<BackfillOptions['store']['documents']> = {},
  ): Omit<BackfillOptions, 'signal'> {
    const { kafka, admin, names } = neighbours
    const real = documentsOf(settings, neighbours, createMetrics(), createHealth())
    const documents = { merge: real.merge.bind(real), writeLedger: real.writeLedger.bind(real), ...over }
    return {
      settings,
      store: { kafka, admin, names, documents },
      kafka,
      rules: createRules(settings),
      metrics: createMetrics(),
      now: Date.now,
    }
  }

  async function marksIn({ neighbours: { kafka, admin, names } }: Installation): Promise<Marks> {
    return marksOf((await readTopic(kafka, admin, names.ledgerTopic)).values())
  }

  test('a live skip while the store takes nothing: what is in hand is counted, the rest is skipped, once; a backfill that is killed and run again makes the counts whole', async () => {
    const installation = await installed(
      { branches: 'together', blockSize: 400, kafka: { maxBytesPerPartition: 2_000 }, detail: { ...SMALL.detail, maxDocuments: 1 } },
      2,
    )
    const { proxy, behind } = await held(installation)
    await produce(installation, 50)
    const { offsets } = await started(behind)
    const isAt = async (at: number): Promise<boolean> =>
      (await positions(offsets)).every((row) => row === `detail 0 ${at}` || row === `rollup 0 ${at}` || row.includes(' 1 '))
    await waitUntil('all to be counted', () => isAt(50))

    proxy.use(({ isBulk }) => (isBulk ? backAt : { kind: 'pass' }))
    await produce(installation, 600)
    await waitUntil('a flush to be held', () => (proxy.given.get('answer') ?? 0) > 0)
    const { skips: asked } = await offsets.skip({ branches: BOTH, to: TO_END })
    expect(asked.map(({ branch, partition, from, to, isAsked }) => [branch, partition, from, to, isAsked])).toEqual([
      ['detail', 0, 50, 650, true],
      ['detail', 1, 0, 0, false],
      ['rollup', 0, 50, 650, true],
      ['rollup', 1, 0, 0, false],
    ])
    await waitUntil('the request to be known', async () =>
      (await offsets.show()).offsets.every(
        ({ partition, skipTo, lagRecords }) => partition === 1 || (skipTo === 650 && lagRecords === 600),
      ),
    )
    expect(
      (await offsets.skip({ branches: BOTH, partition: 0, to: { kind: 'offset', offset: 100 } })).skips.map(({ isAsked }) => isAsked),
    ).toEqual([false, false])
    await produce(installation, 60)
    proxy.use(null)
    await waitUntil('all to be committed', () => isAt(710))

    const { skipped } = await offsets.show()
    expect(skipped.map(({ branch, partition, to, backfilled }) => [branch, partition, to, backfilled])).toEqual([
      ['detail', 0, 650, 0],
      ['rollup', 0, 650, 0],
    ])
    const [detail = 0, rollup = 0] = skipped.map(({ from }) => from)
    expect(Math.min(detail, rollup)).toBeGreaterThanOrEqual(50)
    expect(await counts(installation)).toEqual({
      detail: events(0, detail) + events(650, 710),
      rollup: events(0, rollup) + events(650, 710),
    })
    const expected = (from: number) => ({
      consumed: 710,
      counted: events(0, from) + events(650, 710),
      'dead.not_json': 710 - (650 - from) - events(0, from) - events(650, 710),
      skipped: 650 - from,
    })
    expect(await account(installation)).toEqual({ detail: expected(detail), rollup: expected(rollup) })

    await backfillWithKills(installation)
    expect(await counts(installation)).toEqual({ detail: events(0, 710), rollup: events(0, 710) })
    const whole = { consumed: 710, counted: events(0, 710), 'dead.not_json': 71 }
    expect(await account(installation)).toEqual({ detail: whole, rollup: whole })
    expect(await isAt(710)).toBe(true)

    const marks = await marksIn(installation)
    for (const { id, branch, from } of skipped) {
      const contributor = marks.skipped.find((range) => range.branch === branch)?.contributor ?? ''
      for (const query of [
        { kind: 'skipped', id },
        { kind: 'range', branch, contributor, from, to: from + 1 },
        { kind: 'range', branch, contributor, from: 0, to: 10 },
      ] as const) {
        await expect(backfill({ ...backfillOptions(installation), signal: NEVER }, marks, [query])).rejects.toMatchObject({
          code: 'bad_request',
        })
      }
    }
    await expect((await tools(installation)).reset({ branches: ['rollup'], to: 'latest' })).rejects.toThrow(/runs .*offsets skip/)
  })

  /** Ends a backfill before and after each write of a commit, each time a commit further on, and then lets it through. */
  async function backfillWithKills(installation: Installation): Promise<void> {
    const all = { kind: 'all', branches: BOTH } as const
    const real = backfillOptions(installation).store.documents
    const dying = async (over: Partial<typeof real>, signal = NEVER, onProgress: () => void = () => {}): Promise<void> => {
      await expect(
        backfill({ ...backfillOptions(installation, over), signal, onProgress }, await marksIn(installation), [all]),
      ).rejects.toThrow(/killed|ended/)
    }
    const second = <A extends unknown[], R>(work: (...args: A) => Promise<R>, after: boolean) => {
      let calls = 0
      return async (...args: A): Promise<R> => {
        if (++calls < 2) return work(...args)
        if (after) await work(...args)
        throw new Error('killed')
      }
    }
    await dying({ merge: second(real.merge, false) })
    await dying({ merge: second(real.merge, true) })
    await dying({ writeLedger: second(real.writeLedger, true) })
    expect((await marksIn(installation)).backfills).toMatchObject([{ branch: 'detail' }])
    const detailOnly = { kind: 'all', branches: ['detail'] } as const
    await backfill({ ...backfillOptions(installation), signal: NEVER }, await marksIn(installation), [detailOnly])
    const stopping = new AbortController()
    await dying({}, stopping.signal, () => stopping.abort())
    await waitUntil('its mark to be settled', async () => (await marksIn(installation)).backfills.length === 2)
    expect((await marksIn(installation)).backfills.map(({ branch, next, to }) => [branch, next === to])).toEqual([
      ['detail', true],
      ['rollup', false],
    ])
    await backfill({ ...backfillOptions(installation), signal: NEVER }, await marksIn(installation), [all])
  }

  test('nothing runs: a skip waits for the next start and is applied once; a reset goes back to what is recorded, ahead, and never behind what was counted', async () => {
    const installation = await installed()
    const { settings, neighbours, topic } = installation
    const { admin, names } = neighbours
    const operator = await tools(installation)
    await produce(installation, 100)
    await runToEnd(settings)
    await produce(installation, 100)
    await operator.skip({ branches: ['detail'], topic, partition: 0, to: { kind: 'offset', offset: 150 } })
    expect(await positions(operator)).toEqual(['detail 0 100', 'rollup 0 100'])
    await runToEnd(settings)
    await runToEnd(settings)
    expect(await counts(installation)).toEqual({ detail: events(0, 100) + events(150, 200), rollup: events(0, 200) })

    await expect(operator.reset({ branches: ['detail'], to: 10 })).rejects.toThrow(/up to offset 200.*count twice.*backfill/)
    await expect(operator.reset({ branches: ['detail'], to: 'earliest' })).rejects.toMatchObject({ code: 'bad_request' })
    await waitUntil('the groups to be gone', async () =>
      (await admin.deleteGroups([names.detailGroup, names.rollupGroup])).every(({ errorCode }) => (errorCode ?? 0) === 0),
    )
    await produce(installation, 100)
    await expect(runToEnd(settings)).rejects.toMatchObject({ code: 'position_lost' })
    expect((await operator.show()).offsets.map(({ state, committed }) => [state, committed])).toEqual([
      ['lost', 200],
      ['lost', 200],
    ])
    expect(await operator.reset({ branches: ['detail'], to: 'recorded' })).toMatchObject([{ from: null, to: 200, lost: null }])
    expect(await operator.reset({ branches: ['rollup'], to: 'latest' })).toMatchObject([
      { from: null, to: 300, lost: { from: 200, to: 300, reason: 'skipped' } },
    ])
    await runToEnd(settings)
    const dead = { 'dead.not_json': 25, consumed: 300 }
    expect(await counts(installation)).toEqual({ detail: events(0, 100) + events(150, 300), rollup: events(0, 200) })
    expect(await account(installation)).toEqual({
      detail: { ...dead, counted: 225, skipped: 50 },
      rollup: { consumed: 300, counted: 180, 'dead.not_json': 20, skipped: 100 },
    })

    await expect(operator.skip({ branches: BOTH, to: { kind: 'time', timeMs: Date.now() + 900_000 } })).rejects.toThrow(/still to come/)
    expect(
      (await operator.skip({ branches: BOTH, to: { kind: 'time', timeMs: 0 } })).skips.map(({ to, isAsked }) => [to, isAsked]),
    ).toEqual([
      [300, false],
      [300, false],
    ])
    const report = await operator.backfill({ kind: 'range', branches: ['rollup'], topic, partition: 0, from: 230, to: 250 }, () => {})
    expect(report).toMatchObject([{ from: 230, to: 250, gone: 0 }])
    await operator.backfill({ kind: 'all', branches: BOTH }, () => {})
    expect(await counts(installation)).toEqual({ detail: events(0, 300), rollup: events(0, 300) })
    const whole = { consumed: 300, counted: events(0, 300), 'dead.not_json': 30 }
    expect(await account(installation)).toEqual({ detail: whole, rollup: whole })
  })

  test('loss tolerance: a branch whose store takes nothing skips once the lag is too large, and says so; the other branch, and one that commits, do not', async () => {
    const installation = await installed({ kafka: { maxBytesPerPartition: 2_000 }, detail: { ...SMALL.detail, maxDocuments: 1 } })
    const { settings, neighbours } = installation
    const { proxy, behind } = await held(installation)
    const { mode, offsets } = await started(behind)
    await produce(installation, 20)
    await waitUntil('all to be counted', async () => (await positions(offsets)).join() === 'detail 0 20,rollup 0 20')
    proxy.use(({ isBulk }) => (isBulk ? backAt : { kind: 'pass' }))
    await produce(installation, 200)
    await waitUntil(
      'one branch to be held',
      async () => (proxy.given.get('answer') ?? 0) > 0 && (await positions(offsets)).join() === 'detail 0 20,rollup 0 220',
    )

    const control = new KafkaControlLog({
      kafka: neighbours.kafka,
      topic: neighbours.names.controlTopic,
      health: createHealth(),
      now: Date.now,
      onFailed: (error) => expect.unreachable(String(error)),
    })
    releases.push(() => control.close())
    const book = new SkipBook(silent)
    await book.follow(control)
    const documents = documentsOf(settings, neighbours, createMetrics(), createHealth())
    let nowMs = Date.now()
    const watchOf = (records: number): ToleranceWatch => {
      const limits = { skipAfterLagRecords: records, skipAfterLagMinutes: null }
      return new ToleranceWatch({
        settings,
        neighbours,
        documents,
        limits: { detail: limits, rollup: limits },
        control,
        book,
        log: silent,
        now: () => nowMs,
      })
    }
    const [patient, watch] = [watchOf(250), watchOf(150)]
    const streams = () => mode.api.pipeline?.().streams ?? []
    const looks = async (times: number): Promise<number[]> => {
      const asked = [0, 0]
      for (let i = 0; i < times; i++, nowMs += 10_000)
        for (const [which, one] of [patient, watch].entries()) asked[which] = (asked[which] ?? 0) + (await one.look(streams()))
      return asked
    }
    expect(await looks(5)).toEqual([0, 0]) // it may be a burst
    expect(await watch.look(streams().map((stream) => ({ ...stream, committingSinceMs: null })))).toBe(0)
    expect(await looks(6)).toEqual([0, 0])
    expect(await looks(1)).toEqual([0, 1])
    await waitUntil('the request to be known', () => book.toOf('detail', installation.partitions[0]!, 0) === 220)
    expect(await looks(8)).toEqual([0, 0])

    proxy.use(null)
    await waitUntil('the skip', async () => (await positions(offsets)).join() === 'detail 0 220,rollup 0 220')
    const [range] = (await offsets.show()).skipped
    expect(range).toMatchObject({ branch: 'detail', to: 220 })
    expect(await counts(installation)).toEqual({ detail: events(0, range?.from ?? 0), rollup: events(0, 220) })
    expect((await account(installation))['detail']).toMatchObject({ consumed: 220, skipped: 220 - (range?.from ?? 0) })
  })

  test('a backfill that is killed by the system, and started again by hand, counts each event once', async () => {
    const installation = await installed()
    const { settings, topic } = installation
    await produce(installation, 1_000)
    await (await tools(installation)).skip({ branches: BOTH, to: TO_END })
    await runToEnd(settings)
    const { name, mode, kafka, elasticsearch } = settings
    const words = {
      name,
      mode,
      ...SMALL,
      kafka: { brokers: kafka.brokers, topics: [topic], partitions: 1 },
      elasticsearch: { nodes: elasticsearch.nodes, replicas: 0 },
    }
    const killed = launchTracefold(words, ['backfill', '--all-skipped'])
    killed.process.stderr?.once('data', () => killed.process.kill('SIGKILL')) // it tells of its first commit
    expect(await killed.exited).toBeNull()
    expect(totalOf(await countsInElasticsearch(installation.neighbours))).toBeLessThan(events(0, 1_000))
    expect(await runTracefold(words, ['backfill', '--all-skipped', '--json'])).toMatchObject({ code: 0 })
    expect(await counts(installation)).toEqual({ detail: events(0, 1_000), rollup: events(0, 1_000) })
    const whole = { consumed: 1_000, counted: events(0, 1_000), 'dead.not_json': 100 }
    expect(await account(installation)).toEqual({ detail: whole, rollup: whole })
    expect(await runTracefold(words, ['backfill', '--skipped', `detail:${topic}/0@0`])).toMatchObject({
      code: 64,
      output: expect.stringContaining('has been backfilled'),
    })
  })
})
