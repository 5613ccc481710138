/**
 * Dead letters where a cluster makes them hard: a document that Elasticsearch will not take, one branch behind the other, a process that dies in the middle
 * of a replay for good, a topic made anew under the letters.
 */
import type { Message } from 'kafkajs'
import { afterEach, expect, test } from 'vitest'
import { documentsOf } from '../../src/cluster/neighbours.ts'
import { ledgerReader } from '../../src/cluster/readers.ts'
import { createDesk } from '../../src/dlq/desk.ts'
import type { KafkaLetterBox } from '../../src/dlq/kafka-letter-box.ts'
import { foldReplays } from '../../src/dlq/ledger.ts'
import { clusterBox, judgeOptions } from '../../src/cluster/letter-boxes.ts'
import { createHealth } from '../../src/health.ts'
import { letterKey, letterMessage } from '../../src/kafka/letters.ts'
import { createMetrics } from '../../src/metrics.ts'
import { createRules } from '../../src/rules/rules.ts'
import type { DeadLetter, DeadLetterDesk, ReplayReport } from '../../src/store/dead-letter.ts'
import { isBalanced } from '../../src/store/ledger.ts'
import type { BranchName } from '../../src/store/position.ts'
import { dayAlias, dayIndex } from '../../src/store/elasticsearch/schema.ts'
import { aLetter } from '../support/builders.ts'
import { eventsInRollupTopic, install, ownSettings, runToEnd, silent, type Installation } from '../support/cluster.ts'
import { countsInElasticsearch, totalOf } from '../support/oracle.ts'
import { requireServices } from '../support/services.ts'
import { waitUntil } from '../support/wait.ts'

const services = requireServices('kafka', 'elasticsearch')
const FAST = { detail: { flushMs: 50 }, rollup: { flushMs: 50, catchUpFlushMs: 50 } }
const SMALL = { limits: { maxRecordBytes: 600 } }
const NEVER = new AbortController().signal

services.describe('dead letters of a cluster', () => {
  const releases: (() => Promise<unknown>)[] = []
  afterEach(async () => {
    for (const release of releases.splice(0).toReversed()) await release()
  })

  async function installed(over: Record<string, unknown> = {}): Promise<Installation> {
    const installation = await install(ownSettings(services, { ...FAST, ...over }, 1))
    releases.push(() => installation.close())
    return installation
  }

  const settingsOf = ({ settings, topic }: Installation, over: Record<string, unknown> = {}) =>
    ownSettings(services, { ...FAST, blockSize: settings.blockSize, name: settings.name, kafka: { topics: [topic] }, ...over }, 1)

  function boxOf(
    installation: Installation,
    over: { documents?: Partial<Parameters<typeof clusterBox>[0]['documents']>; now?: () => number } = {},
  ): KafkaLetterBox {
    const { settings, neighbours } = installation
    const real = documentsOf(settings, neighbours, createMetrics(), createHealth())
    const documents = {
      merge: real.merge.bind(real),
      writeLedger: real.writeLedger.bind(real),
      evidence: real.evidence.bind(real),
      ...over.documents,
    }
    const box = clusterBox({
      settings,
      neighbours,
      documents,
      health: createHealth(),
      log: silent,
      now: over.now ?? Date.now,
      onFailed: (error) => expect.unreachable(String(error)),
    })
    releases.push(() => box.close())
    return box
  }

  function deskOf(installation: Installation, over: Parameters<typeof boxOf>[1] = {}): DeadLetterDesk {
    const rules = createRules(settingsOf(installation))
    return createDesk(
      boxOf(installation, over),
      judgeOptions(settingsOf(installation), () => rules, Date.now),
    )
  }

  const replay = (desk: DeadLetterDesk): Promise<ReplayReport> => desk.replay({}, { limit: 100, after: null, signal: NEVER })

  async function produce({ neighbours, topic }: Installation, values: readonly string[]): Promise<void> {
    const producer = neighbours.kafka.producer()
    await producer.connect()
    await producer.send({ topic, messages: values.map((value) => ({ value, partition: 0 })) })
    await producer.disconnect()
  }

  const line = (message: string, over: Record<string, unknown> = {}): string =>
    JSON.stringify({ message, level: 'ERROR', loggerName: 'com.acme.A', thread: 't', timeMillis: Date.now(), ...over })
  const large = (message: string): string => line(message, { padding: 'x'.repeat(700) })

  async function counts({ neighbours }: Installation): Promise<{ detail: number; rollup: number }> {
    return { detail: totalOf(await countsInElasticsearch(neighbours)), rollup: await eventsInRollupTopic(neighbours) }
  }

  async function account({ settings, neighbours }: Installation): Promise<Record<string, Record<string, number>>> {
    await neighbours.elasticsearch.indices.refresh({ index: neighbours.names.ledgerIndex })
    const reader = ledgerReader(neighbours, documentsOf(settings, neighbours, createMetrics(), createHealth()))
    const branches: Record<string, Record<string, number>> = {}
    const totals = foldReplays(await reader.ledger({ from: '0000-01-01', to: '9999-12-31' }))
    expect(totals.filter((total) => !isBalanced(total.counts))).toEqual([])
    for (const { branch, counts: outcomes } of totals) {
      const sums = (branches[branch] ??= {})
      for (const [name, n] of Object.entries(outcomes)) if (n !== 0) sums[name] = (sums[name] ?? 0) + n
    }
    return branches
  }

  /** An index of today with a mapping of somebody's own: a thread's name is a number there. */
  async function spoilIndex({ neighbours: { elasticsearch, names } }: Installation): Promise<() => Promise<unknown>> {
    const alias = dayAlias(names, Date.now())
    const mapping = (over: object) => ({
      properties: { process: { properties: { thread: { properties: { name: { type: 'long', ...over } } } } } },
    })
    await elasticsearch.indices.create({ index: dayIndex(alias), aliases: { [alias]: {} }, mappings: mapping({}) as never })
    return () => elasticsearch.indices.putMapping({ index: dayIndex(alias), ...mapping({ ignore_malformed: true }) } as never)
  }

  test('a document that Elasticsearch will not take: refused again with its own words, counted once when the mapping is mended, in the detail branch alone', async () => {
    const installation = await installed({ blockSize: 1 })
    const mend = await spoilIndex(installation)
    await produce(installation, [
      line('good', { thread: '17' }),
      line('bad', { thread: 'not a number' }),
      line('bad', { thread: 'nor this' }),
    ])
    await runToEnd(settingsOf(installation))
    expect(await counts(installation)).toEqual({ detail: 1, rollup: 3 })
    const desk = deskOf(installation)
    const before = await desk.letters({ limit: 10 })
    expect(before).toMatchObject([{ stage: 'store', branch: 'detail', events: 1 }, { events: 1 }])

    expect(await replay(desk)).toMatchObject({ letters: 2, replayed: 2, events: 0, refusedEvents: 2 })
    const again = await desk.letters({ limit: 10 })
    expect(again.map(({ id }) => id)).toEqual(before.map(({ id }) => id))
    expect(again[0]?.detail).toMatch(/document_parsing_exception.*process\.thread\.name/)
    expect(await account(installation)).toEqual({
      detail: { consumed: 3, counted: 1, 'dead.refused_by_store': 2 },
      rollup: { consumed: 3, counted: 3 },
    })

    await mend()
    expect(await replay(desk)).toMatchObject({ letters: 2, replayed: 2, events: 2, refusedEvents: 0 })
    expect(await counts(installation)).toEqual({ detail: 3, rollup: 3 })
    expect(await account(installation)).toEqual({ detail: { consumed: 3, counted: 3 }, rollup: { consumed: 3, counted: 3 } })
    expect(await desk.letters({ limit: 10 })).toEqual([])

    await runToEnd(settingsOf(installation))
    expect(await counts(installation)).toEqual({ detail: 3, rollup: 3 })
  })

  test('a refused document of a block that is open still waits, for a restart sends it again by itself', async () => {
    const installation = await installed()
    await produce(installation, [line('good')])
    await runToEnd(settingsOf(installation))
    const [p] = installation.partitions
    const letter = aLetter({
      stage: 'store',
      branch: 'detail',
      reason: 'refused_by_store',
      partition: p!,
      timeMs: Date.now(),
      job: 'orders',
      body: Buffer.from(JSON.stringify({ layout: 'log4j2-json', message: 'refused' })),
    })
    await write(installation, [letterMessage(letter)])
    const desk = deskOf(installation)
    expect(await replay(desk)).toMatchObject({ letters: 1, replayed: 0, waiting: 1 })
    await runToEnd(settingsOf(installation, { maxGroupsPerJob: 199 })) // other rules: a new block
    expect(await replay(desk)).toMatchObject({ letters: 1, replayed: 1, waiting: 0, events: 1 })
    expect(await counts(installation)).toEqual({ detail: 2, rollup: 1 })
  })

  test('a refused document is not sent again by a restart after the mapping is mended: its letter stands for it, and is replayed once', async () => {
    const installation = await installed()
    const mend = await spoilIndex(installation)
    await produce(installation, [line('good', { thread: '17' }), line('bad', { thread: 'not a number', loggerName: 'com.acme.B' })])
    await runToEnd(settingsOf(installation))
    await mend()
    await produce(installation, [line('good', { thread: '18' })])
    await runToEnd(settingsOf(installation))
    expect(await counts(installation)).toEqual({ detail: 2, rollup: 3 })
    expect(await replay(deskOf(installation))).toMatchObject({ letters: 1, replayed: 1, events: 1 })
    await runToEnd(settingsOf(installation))
    expect(await counts(installation)).toEqual({ detail: 3, rollup: 3 })
    expect(await account(installation)).toEqual({ detail: { consumed: 3, counted: 3 }, rollup: { consumed: 3, counted: 3 } })
  })

  test('what one branch found dead, and the other has not read yet, is replayed through the one alone', async () => {
    const installation = await installed()
    await produce(installation, [line('good'), large('late')])
    await runToEnd(settingsOf(installation, { ...SMALL, branch: 'rollup' }))
    const desk = deskOf(installation)
    const [letter] = await desk.letters({ limit: 10 })
    await rewrite(installation, letter!)
    expect(await replay(desk)).toMatchObject({ letters: 1, replayed: 1, events: 1 })
    expect(await counts(installation)).toEqual({ detail: 0, rollup: 2 })
    await runToEnd(settingsOf(installation, { branch: 'detail' }))
    expect(await counts(installation)).toEqual({ detail: 2, rollup: 2 })
    expect(await account(installation)).toEqual({ detail: { consumed: 2, counted: 2 }, rollup: { consumed: 2, counted: 2 } })
  })

  test('what a branch has found dead and not committed yet waits', async () => {
    const installation = await installed()
    await produce(installation, [line('good'), large('late')])
    await runToEnd(settingsOf(installation, { ...SMALL, branch: 'rollup' }))
    const desk = deskOf(installation)
    const [letter] = await desk.letters({ limit: 10 })
    await rewrite(installation, letter!, ['detail']) // as a kill leaves it between letter and commit
    expect(await replay(desk)).toMatchObject({ waiting: 1 })
    expect((await counts(installation)).detail).toBe(0)
  })

  test('a replay whose process died for good is finished by another that only watches', async () => {
    const installation = await installed()
    await produce(installation, [large('one'), large('two')])
    await runToEnd(settingsOf(installation, SMALL))
    const dying = deskOf(installation, { documents: { merge: () => Promise.reject(new Error('killed')) } })
    await expect(replay(dying)).rejects.toThrow('killed')
    expect(await counts(installation)).toEqual({ detail: 0, rollup: 2 })

    let nowMs = Date.now()
    const watching = boxOf(installation, { now: () => nowMs })
    watching.start()
    expect(await watching.letters({ limit: 10 })).toEqual([])
    await watching.finishOthers()
    expect(await counts(installation)).toEqual({ detail: 0, rollup: 2 })
    nowMs += 120_000
    await watching.finishOthers()
    expect(await counts(installation)).toEqual({ detail: 2, rollup: 2 })
    expect(await account(installation)).toEqual({ detail: { consumed: 2, counted: 2 }, rollup: { consumed: 2, counted: 2 } })
  })

  test('a replay that waits for Elasticsearch can be ended, and is finished by the next', async () => {
    const installation = await installed()
    await produce(installation, [large('one')])
    await runToEnd(settingsOf(installation, SMALL))
    const stopping = new AbortController()
    let isWaiting = false
    const merge = async (_: unknown, signal: AbortSignal): Promise<never> => {
      isWaiting = true
      return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('ended')), { once: true }))
    }
    const waiting = deskOf(installation, { documents: { merge } }).replay({}, { limit: 10, after: null, signal: stopping.signal })
    waiting.catch(() => {}) // looked at below
    await waitUntil('it to wait', () => isWaiting)
    stopping.abort()
    await expect(waiting).rejects.toThrow('ended')
    expect(await counts(installation)).toEqual({ detail: 0, rollup: 1 })
    expect(await replay(deskOf(installation))).toMatchObject({ letters: 0 })
    expect(await counts(installation)).toEqual({ detail: 1, rollup: 1 })
  })

  test("a topic made anew: the records at the same offsets are not taken for the letters'", async () => {
    const installation = await installed()
    const { admin } = installation.neighbours
    await produce(installation, [large('old'), large('old')])
    await runToEnd(settingsOf(installation, SMALL))
    await admin.deleteTopics({ topics: [installation.topic] })
    const isThere = async (): Promise<boolean> => (await admin.listTopics()).includes(installation.topic)
    await waitUntil('the topic to be gone', async () => !(await isThere()))
    await admin
      .createTopics({
        topics: [
          { topic: installation.topic, numPartitions: 1, configEntries: [{ name: 'message.timestamp.type', value: 'LogAppendTime' }] },
        ],
      })
      .catch(() => {})
    await waitUntil('the new topic', isThere)
    await waitUntil('records in it', () => produce(installation, [line('new'), line('new'), line('new')]).then(() => true))

    expect(await replay(deskOf(installation))).toMatchObject({ letters: 2, replayed: 2, events: 2, fromCopy: 2 })
    expect(await messagesIn(installation)).toEqual(['old'])
    await runToEnd(settingsOf(installation, { kafka: { topics: [installation.topic], lostPosition: 'earliest' } }))
    expect(await counts(installation)).toEqual({ detail: 5, rollup: 5 })
  })

  /** The letter as one branch alone has written it. */
  async function rewrite(installation: Installation, letter: DeadLetter, branches: readonly BranchName[] = ['rollup']): Promise<void> {
    const keys = [letterKey(letter), ...(['detail', 'rollup'] as const).map((branch) => letterKey({ ...letter, branches: [branch] }))]
    await write(installation, [...keys.map((key) => ({ key, value: null })), letterMessage({ ...letter, branches })])
  }

  async function write({ neighbours: { kafka, names } }: Installation, messages: Message[]): Promise<void> {
    const producer = kafka.producer()
    await producer.connect()
    await producer.send({ topic: names.letterTopic, messages })
    await producer.disconnect()
  }

  async function messagesIn({ neighbours: { elasticsearch, names } }: Installation): Promise<string[]> {
    await elasticsearch.indices.refresh({ index: `${names.detailIndex}-*` })
    const found = await elasticsearch.search<{ message: string }>({ index: `${names.detailIndex}-*`, size: 100 })
    return found.hits.hits.map((hit) => hit._source?.message ?? '')
  }
})
