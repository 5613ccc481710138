/**
 * The rollup branch's transactions: who may write, what becomes of a transaction whose outcome nobody heard, and where to go on when the
 * group's offsets are gone. What counts is what a reader of committed rows sees, and that it fits the position.
 */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { createMetrics } from '../../src/metrics.ts'
import { readTopic } from '../../src/kafka/read-topic.ts'
import { partitionKey, type Partition } from '../../src/source/source.ts'
import { contributorKey } from '../../src/store/position.ts'
import type { LostPositionPolicy } from '../../src/store/resume.ts'
import { evidenceOf, totalsOf } from '../../src/store/rollup-ledger.ts'
import type { RollupPart } from '../../src/store/rollup-store.ts'
import { RollupTopicStore } from '../../src/store/rollup-topic.ts'
import { aLetter, anEntry, aProgress, aRollupPart, aRow } from '../support/builders.ts'
import {
  deleteRecords,
  eventsInRollupTopic,
  fill,
  idleSource,
  install,
  ownSettings,
  silent,
  type Installation,
} from '../support/cluster.ts'
import { requireServices } from '../support/services.ts'
import { waitUntil } from '../support/wait.ts'

const services = requireServices('kafka', 'elasticsearch')
const never = new AbortController().signal
const RULES = 'rules-1'

services.describe('the rollup topic', () => {
  let installation: Installation
  let p: Partition
  const stores: RollupTopicStore[] = []

  beforeAll(async () => {
    installation = await install(ownSettings(services, {}, 40))
    await fill(installation, 100)
  })
  /** A partition of its own for each test. */
  let used = 0
  const take = (): Partition => (p = installation.partitions[used++] as Partition)
  afterEach(async () => {
    await Promise.all(stores.splice(0).map((store) => store.close()))
  })
  afterAll(() => installation.close())

  function newStore(lostPosition: LostPositionPolicy = 'stop'): RollupTopicStore {
    const { kafka, admin, names } = installation.neighbours
    const source = idleSource(installation, names.rollupGroup)
    const evidence = async (partition: Partition) =>
      evidenceOf((await readTopic(kafka, admin, names.ledgerTopic)).values(), partitionKey(partition))
    const store = new RollupTopicStore({
      kafka,
      admin,
      names,
      rules: { digest: RULES },
      lostPosition,
      transactionTimeoutMs: 10_000,
      bounds: (one) => source.bounds(one),
      evidence,
      metrics: createMetrics(),
      log: silent,
    })
    stores.push(store)
    return store
  }

  /** `count` events of offsets up to `next`, in one row. */
  function part(next: number, count: number, over: Partial<RollupPart> = {}): RollupPart {
    const ledger = [anEntry({ branch: 'rollup', contributor: contributorKey(p, 0), next, counts: { consumed: count, counted: count } })]
    return aRollupPart([aRow({ count })], { progress: aProgress({ partition: p, from: next, next, rules: RULES }), ledger, ...over })
  }

  const counted = () => eventsInRollupTopic(installation.neighbours)

  test("a second opening of a partition makes the first one's commit fail, and nothing of it is ever counted", async () => {
    take()
    const before = await counted()
    const [first, second] = [newStore(), newStore()]
    await first.open(p)
    expect(await first.commit([part(10, 10)], never)).toMatchObject({ lost: [] })
    expect(await second.open(p)).toMatchObject({ next: 10 })
    expect(await first.commit([part(20, 1_000)], never)).toMatchObject({ lost: [p] })
    expect(await second.commit([part(15, 5)], never)).toMatchObject({ lost: [] })
    expect(await first.commit([part(30, 1_000)], never)).toMatchObject({ lost: [p] })
    expect((await counted()) - before).toBe(15)
    expect(await newStore().open(p)).toMatchObject({ next: 15 })
  })

  test('what one partition loses is not lost by another of the same commit', async () => {
    const [mine, taken] = [take(), take()]
    const before = await counted()
    const [first, second] = [newStore(), newStore()]
    for (const one of [mine, taken]) await first.open(one)
    await second.open(taken)
    const progress = (partition: Partition) => aProgress({ partition, from: 4, next: 4, rules: RULES })
    const report = await first.commit(
      [aRollupPart([aRow({ count: 4 })], { progress: progress(mine) }), aRollupPart([aRow({ count: 100 })], { progress: progress(taken) })],
      never,
    )
    expect(report.lost).toEqual([taken])
    expect((await counted()) - before).toBe(4)
  })

  test('a commit that is stopped at any moment: rows and position agree after the next opening', async () => {
    take()
    let next = 0
    let ended = 0
    const before = await counted()
    for (const turns of [0, 1, 2, 4, 8, 16, 32, 64, 128]) {
      const store = newStore()
      const { next: at } = await store.open(p)
      expect([next, next + 5]).toContain(at)
      next = at
      const abort = new AbortController()
      const work = store.commit([part(next + 5, 5)], abort.signal)
      for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve))
      abort.abort()
      const { lost } = await work
      if (lost.length > 0) ended++
      await store.close()
    }
    const { next: last } = await newStore().open(p)
    expect(ended).toBeGreaterThan(0)
    expect((await counted()) - before).toBe(last)
  })

  test('an opening that is overtaken gives up, and the newer one can commit', async () => {
    take()
    const store = newStore()
    const older = store.open(p).catch((error: unknown) => error)
    const newer = store.open(p)
    expect(await older).toMatchObject({ code: 'aborted' })
    expect(await newer).toMatchObject({ next: 0 })
    // The older one's fence may have come after the newer one's: then the commit is lost once, and the partition is opened again.
    await waitUntil('a commit', async () => {
      const { lost } = await store.commit([part(5, 5)], never)
      if (lost.length > 0) await store.open(p)
      return lost.length === 0
    })
  })

  test('more rows than a broker takes in one batch go out in one transaction', async () => {
    take()
    const before = await counted()
    const { admin, names } = installation.neighbours
    const size = { name: 'max.message.bytes', value: '1048588' } // what a broker has by default; the test server has more
    for (const name of [names.rollupTopic, names.letterTopic])
      await admin.alterConfigs({ validateOnly: false, resources: [{ type: 2, name, configEntries: [size] }] })
    const rows = Array.from({ length: 4_000 }, (_, i) =>
      aRow({ fingerprint: `v1:${i}`, sampleMessage: '訂'.repeat(300), hosts: ['a-long-host-name.example.com'] }),
    )
    const letters = Array.from({ length: 40 }, (_, offset) => aLetter({ partition: p, offset, body: Buffer.alloc(60_000, 'x') }))
    const store = newStore()
    await store.open(p)
    expect(await store.commit([part(4_000, 0, { rows, letters })], never)).toMatchObject({ lost: [] })
    expect((await counted()) - before).toBe(4_000)
  })

  test('more filter rules than the commit has room for: every day is committed, and the account is exact over openings', async () => {
    take()
    const contributor = contributorKey(p, 0)
    const rules = Array.from({ length: 200 }, (_, i) => `filtered.${String(i).padEnd(60, 'x')}`)
    const counts = { consumed: 200, ...Object.fromEntries(rules.map((rule) => [rule, 1])) }
    let next = 0
    for (const day of ['2026-11-18', '2026-11-19', '2026-11-20', '2026-11-18']) {
      const store = newStore()
      expect(await store.open(p)).toMatchObject({ next })
      next += 20
      expect(
        await store.commit([part(next, 0, { ledger: [anEntry({ branch: 'rollup', contributor, day, next, counts })] })], never),
      ).toMatchObject({ lost: [] })
    }
    const { kafka, admin, names } = installation.neighbours
    const totals = totalsOf((await readTopic(kafka, admin, names.ledgerTopic)).values()).filter(
      (total) => total.contributor === contributor,
    )
    expect(Object.fromEntries(totals.map(({ day, counts: of }) => [day, [of['consumed'], of[rules[0] ?? '']]]))).toEqual({
      '2026-11-18': [400, 2],
      '2026-11-19': [200, 1],
      '2026-11-20': [200, 1],
    })
  })

  test('a commit that the broker refuses for its form is an error, not a partition to be opened again', async () => {
    take()
    const store = newStore()
    await store.open(p)
    const progress = aProgress({ partition: p, from: 5, next: 5, rules: 'x'.repeat(5_000) })
    await expect(store.commit([part(5, 5, { progress })], never)).rejects.toMatchObject({ code: 'store_refused' })
    expect(await newStore().open(p)).toMatchObject({ next: 0 })
  })

  const policies: readonly [LostPositionPolicy, object][] = [
    ['stop', { code: 'position_lost', message: expect.stringContaining('recover') as string }],
    ['recover', { incarnation: 0, from: 40, next: 40, lost: null }],
    ['earliest', { incarnation: 1, from: 0, next: 0, lost: null }],
    ['latest', { incarnation: 0, from: 100, next: 100, lost: { from: 40, to: 100, reason: 'skipped' } }],
  ]
  test.each(policies)("the group's offsets are gone, but the ledger knows of us: %s", async (policy, expected) => {
    take()
    const store = newStore()
    await store.open(p)
    await store.commit([part(40, 40)], never)
    await store.close()
    await forgetOffsets()
    expect(
      await newStore(policy)
        .open(p)
        .catch((error: unknown) => error),
    ).toMatchObject(expected)
  })

  test("a partition that nobody has read starts at its beginning, whatever the others' ledger says", async () => {
    take()
    expect(await newStore().open(p)).toEqual({ incarnation: 0, from: 0, next: 0, lost: null })
  })

  test('where kafkajs has written "earliest" over our offset, the ledger tells it', async () => {
    take()
    const store = newStore()
    await store.open(p)
    await store.commit([part(40, 40)], never)
    await store.close()
    const { admin, names } = installation.neighbours
    await admin.setOffsets({ groupId: names.rollupGroup, topic: p.topic, partitions: [{ partition: p.partition, offset: '-2' }] })
    expect(await newStore().open(p)).toEqual({ incarnation: 0, from: 40, next: 40, lost: null })
  })

  test("a position set with Kafka's own tools is gone on at, in the incarnation that was under way; what it jumped over is skipped, and one that was set back is refused", async () => {
    take()
    const first = newStore()
    await first.open(p)
    await first.commit([part(40, 40)], never)
    await first.close()
    await forgetOffsets()
    const second = newStore('earliest')
    expect(await second.open(p)).toMatchObject({ incarnation: 1 })
    await second.commit([part(10, 10)], never)
    await second.close()
    const { admin, names } = installation.neighbours
    const set = (offset: string) =>
      admin.setOffsets({ groupId: names.rollupGroup, topic: p.topic, partitions: [{ partition: p.partition, offset }] })
    await set('70')
    expect(await newStore().open(p)).toEqual({ incarnation: 1, from: 70, next: 70, lost: { from: 10, to: 70, reason: 'skipped' } })
    await set('5')
    await expect(newStore().open(p)).rejects.toMatchObject({ code: 'position_lost' })
    expect(await newStore('recover').open(p)).toEqual({ incarnation: 1, from: 10, next: 10, lost: null })
  })

  test('records below our position that expired are no loss; those above it are, once', async () => {
    const own = await install(ownSettings(services, {}, 1))
    try {
      await fill(own, 100)
      const [first] = own.partitions as [Partition]
      const { kafka, admin, names } = own.neighbours
      const source = idleSource(own, names.rollupGroup)
      const store = new RollupTopicStore({
        kafka,
        admin,
        names,
        rules: { digest: RULES },
        lostPosition: 'stop',
        transactionTimeoutMs: 10_000,
        bounds: (one) => source.bounds(one),
        evidence: () => Promise.resolve(null),
        metrics: createMetrics(),
        log: silent,
      })
      stores.push(store)
      await store.open(first)
      await store.commit([aRollupPart([], { progress: aProgress({ partition: first, from: 40, next: 40, rules: RULES }) })], never)
      await deleteRecords(own.neighbours, own.topic, 30)
      expect(await store.open(first)).toMatchObject({ next: 40, lost: null })
      await deleteRecords(own.neighbours, own.topic, 60)
      expect(await store.open(first)).toMatchObject({ from: 60, next: 60, lost: { from: 40, to: 60, reason: 'expired' } })
    } finally {
      await own.close()
    }
  })

  async function forgetOffsets(): Promise<void> {
    const { admin, names } = installation.neighbours
    await waitUntil('the group to be gone', async () => {
      await admin.deleteGroups([names.rollupGroup])
      return true
    })
  }
})
