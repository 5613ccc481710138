/**
 * What every detail store must do, whatever is behind it. An adapter's test file calls `describeDetailStore` with a way to make one: an
 * empty store, and a way to read back what it holds. Reading back is waited for, since a store may show its writes late; what must
 * *not* have changed is read after a later write to the same store has become visible.
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Classification } from '../../src/event.ts'
import type { Partition } from '../../src/source/source.ts'
import type { DeadLetter } from '../../src/store/dead-letter.ts'
import { KEPT, type Contribution, type DetailStore, type DocumentUpdate } from '../../src/store/detail-store.ts'
import type { LedgerTotal } from '../../src/store/ledger.ts'
import { contributorKey } from '../../src/store/position.ts'
import { aDetailPart, aLetter, anEntry, anIdentity, aSample, anUpdate, aProgress, DAY, hashed, MINUTE } from '../support/builders.ts'
import { waitUntil } from '../support/wait.ts'

export interface DocumentState {
  readonly id: string
  readonly job: string
  readonly fingerprint: string
  readonly windowMs: number
  readonly title: string
  readonly count: number
  readonly firstMs: number
  readonly lastMs: number
  readonly hosts: readonly string[]
  readonly messages: readonly string[]
  readonly stacks: readonly string[]
  readonly previous: readonly string[]
  readonly operators: readonly string[]
  readonly classification: Classification | null
  /** The sample's message, or null where the document has no sample. */
  readonly sampleMessage: string | null
  /** Where in its job the sample came from, and in what shape: null likewise. */
  readonly samplePlace: {
    readonly operator: string | null
    readonly subtask: number | null
    readonly layout: string
    readonly envelopes: readonly string[]
  } | null
}

export interface DetailAdapter {
  readonly store: DetailStore
  /** Partitions whose log holds offsets 0 to at least 10,000: what `open` may go on in. */
  readonly partitions: readonly [Partition, Partition]
  /** A moment that the store regards as today, at the start of a minute; windows are made near it. */
  readonly nowMs: number
  /** What detail older than this many days meets: refused as expired. */
  readonly detailDays: number
  documents(): Promise<readonly DocumentState[]>
  ledger(): Promise<readonly LedgerTotal[]>
  letters(): Promise<readonly DeadLetter[]>
  /** Ends the store and opens another on the same data, as a restart would. Everything above is then read from the new one. */
  reopen(): Promise<DetailAdapter>
  close(): Promise<void>
}

export function describeDetailStore(name: string, makeAdapter: () => Promise<DetailAdapter>): void {
  describe(`${name} as a detail store`, () => {
    const never = new AbortController().signal
    let adapter: DetailAdapter

    beforeEach(async () => {
      adapter = await makeAdapter()
    })
    afterEach(() => adapter.close())

    const first = () => contributorKey(adapter.partitions[0], 0)
    const second = () => contributorKey(adapter.partitions[1], 0)
    const said = (block: number, n: number, contributor = first()): Contribution => ({ contributor, block, n })
    const identity = (over: Parameters<typeof anIdentity>[0] = {}) => anIdentity({ window: adapter.nowMs, ...over })
    const update = (contributions: readonly Contribution[], over: Parameters<typeof anUpdate>[0] = {}) =>
      anUpdate({ identity: identity(), contributions, ...over })
    const write = (...documents: DocumentUpdate[]) => adapter.store.commit(aDetailPart(documents), never)

    /** All documents, once a marker written now is to be seen: then everything before it is. */
    async function settled(): Promise<Map<string, DocumentState>> {
      const marker = anUpdate({ identity: identity({ job: 'marker' }) })
      await write(marker)
      return waitUntil('the documents to be readable', async () => {
        const documents = new Map((await adapter.documents()).map((document) => [document.id, document]))
        return documents.delete(marker.id) ? documents : null
      })
    }

    async function only(): Promise<DocumentState> {
      const [document, ...others] = (await settled()).values()
      expect(others).toEqual([])
      if (document === undefined) throw new Error('there is no document')
      return document
    }

    test('one document for each id, with its identity', async () => {
      const [a, b, c] = [identity(), identity({ fp: 'v1:0000000000000002' }), identity({ window: adapter.nowMs - MINUTE })]
      await write(...[a, b, c].map((one) => anUpdate({ identity: one, contributions: [said(0, 1)] })))
      await write(anUpdate({ identity: a, contributions: [said(0, 2)] }))

      const documents = await settled()
      expect(documents.size).toBe(3)
      expect(documents.get(anUpdate({ identity: a }).id)).toMatchObject({
        job: 'orders',
        fingerprint: a.fp,
        windowMs: a.window,
        title: a.title,
        count: 2,
      })
      expect(documents.get(anUpdate({ identity: c }).id)).toMatchObject({ windowMs: c.window, count: 1 })
    })

    const laws: readonly { fact: string; writes: (() => Contribution[])[]; count: number }[] = [
      { fact: 'the same block adds what it has more', writes: [() => [said(0, 3)], () => [said(0, 5)]], count: 5 },
      { fact: 'a newer block adds all of its own', writes: [() => [said(0, 3)], () => [said(2_000, 4)]], count: 7 },
      { fact: 'an older block adds nothing', writes: [() => [said(0, 3)], () => [said(2_000, 4)], () => [said(0, 9)]], count: 7 },
      { fact: 'a repeat adds nothing', writes: [() => [said(0, 3)], () => [said(0, 3)], () => [said(0, 3)]], count: 3 },
      {
        fact: 'a late retry with an older number adds nothing',
        writes: [() => [said(0, 5)], () => [said(0, 3)], () => [said(0, 5)]],
        count: 5,
      },
      { fact: 'several blocks in one list all count', writes: [() => [said(0, 3), said(2_000, 4), said(4_000, 5)]], count: 12 },
      {
        fact: 'a list that repeats the newest block and goes on counts what is new',
        writes: [() => [said(0, 3), said(2_000, 4)], () => [said(2_000, 6), said(4_000, 1)]],
        count: 10,
      },
      { fact: 'a block named twice in one list counts its larger number', writes: [() => [said(0, 3), said(0, 5)]], count: 5 },
      {
        fact: 'a repeated list of several blocks adds nothing',
        writes: [() => [said(0, 3), said(2_000, 4)], () => [said(0, 3), said(2_000, 4)]],
        count: 7,
      },
      {
        fact: 'contributors do not disturb each other',
        writes: [() => [said(2_000, 3)], () => [said(0, 4, second())], () => [said(0, 4, second()), said(2_000, 5)]],
        count: 9,
      },
      {
        fact: 'another incarnation of a partition is another contributor',
        writes: [() => [said(2_000, 3)], () => [said(0, 4, contributorKey(adapter.partitions[0], 1))]],
        count: 7,
      },
    ]
    test.each(laws)('$fact', async ({ writes, count }) => {
      for (const contributions of writes) await write(update(contributions()))
      expect((await only()).count).toBe(count)
    })

    test('a process that lost its partition cannot change a count or a set', async () => {
      await write(update([said(0, 3)], { hosts: hashed('host-1') }))
      await write(update([said(2_000, 2)], { hosts: hashed('host-2') }))
      const before = await only()
      await write(update([said(0, 99)], { hosts: hashed('zombie'), firstMs: adapter.nowMs - 5_000, lastMs: adapter.nowMs + 50_000 }))
      expect(await only()).toEqual(before)
    })

    test('two contributors commute', async () => {
      const of = (fp: string, parts: Contribution[], host: string) =>
        anUpdate({ identity: identity({ fp }), contributions: parts, hosts: hashed(host), firstMs: adapter.nowMs + parts.length })
      const mine = (fp: string) => of(fp, [said(0, 3)], 'host-1')
      const yours = (fp: string) => of(fp, [said(0, 4, second()), said(2_000, 1, second())], 'host-2')
      await write(mine('v1:a'), yours('v1:b'))
      await write(yours('v1:a'), mine('v1:b'))

      const [a, b] = (await settled()).values()
      expect(a?.count).toBe(8)
      expect({ ...a, id: '', fingerprint: '' }).toEqual({ ...b, id: '', fingerprint: '' })
    })

    test('an update that brings only the identity makes a missing document whole', async () => {
      await write(update([said(0, 3)], { sample: null, hosts: hashed('host-1') }))
      expect(await only()).toMatchObject({ count: 3, job: 'orders', hosts: ['host-1'], sampleMessage: null })
    })

    test('the sample is the first to arrive', async () => {
      await write(update([said(0, 1)], { sample: aSample({ message: 'first' }) }))
      await write(update([said(0, 2)], { sample: aSample({ message: 'second' }) }))
      expect((await only()).sampleMessage).toBe('first')
    })

    test('first and last time are the least and the greatest of all that counted', async () => {
      const at = (ms: number) => adapter.nowMs + ms
      await write(update([said(0, 1)], { firstMs: at(20), lastMs: at(30) }))
      await write(update([said(0, 2)], { firstMs: at(10), lastMs: at(25) }))
      await write(update([said(2_000, 1)], { firstMs: at(22), lastMs: at(40) }))
      expect(await only()).toMatchObject({ firstMs: at(10), lastMs: at(40) })
    })

    test('bounded sets keep the members with the smallest hashes, in whatever order they come', async () => {
      const members = hashed(...Array.from({ length: 40 }, (_, i) => `member-${i}`))
      const smallest = (k: number) =>
        members
          .toSorted((a, b) => (a.hash < b.hash ? -1 : 1))
          .slice(0, k)
          .map(({ value }) => value)
      for (const [i, start] of [25, 0, 10].entries()) {
        const some = members.slice(start, start + 15)
        await write(update([said(2_000 * i, 1)], { hosts: some, messages: some, stacks: some, previous: some, operators: some }))
      }
      const document = await only()
      expect(document.hosts.toSorted()).toEqual(smallest(KEPT.hosts).toSorted())
      expect(document.messages.toSorted()).toEqual(smallest(KEPT.messages).toSorted())
      expect(document.stacks.toSorted()).toEqual(smallest(KEPT.stacks).toSorted())
      expect(document.previous.toSorted()).toEqual(smallest(KEPT.previous).toSorted())
      expect(document.operators.toSorted()).toEqual(smallest(KEPT.operators).toSorted())
    })

    test('a document has all keys that its events had by the rules before, and none where there are none', async () => {
      await write(update([said(0, 1)]))
      expect((await only()).previous).toEqual([])
      await write(update([said(0, 2)], { previous: hashed('v1:old') }))
      await write(update([said(0, 1, second())], { previous: hashed('v1:older') }))
      expect((await only()).previous.toSorted()).toEqual(['v1:old', 'v1:older'])
    })

    const heap: Classification = {
      category: 'out-of-memory',
      severity: 'critical',
      rule: 'heap-memory',
      advice: 'Take a heap dump.',
      link: 'docs/patterns.md#heap-memory',
    }
    test.each([heap, { ...heap, advice: null, link: null }, null])('what its rule says is kept: %j', async (classification) => {
      await write(update([said(0, 1)], { identity: identity({ classification }) }))
      expect((await only()).classification).toEqual(classification)
    })

    test('the sample says where in its job it came from, and what was around it', async () => {
      await write(
        update([said(0, 1)], {
          sample: aSample({ operator: 'Map -> Sink: orders', subtask: 3, layout: 'ecs-logging', envelopes: ['filebeat', 'vector'] }),
          operators: hashed('Map -> Sink: orders'),
        }),
      )
      expect(await only()).toMatchObject({
        samplePlace: { operator: 'Map -> Sink: orders', subtask: 3, layout: 'ecs-logging', envelopes: ['filebeat', 'vector'] },
        operators: ['Map -> Sink: orders'],
      })
    })

    test('strings of any script, and keys that objects hold dear, come back as they were', async () => {
      const strange = ['__proto__', 'constructor', '訂單 17 失敗', 'a "quoted" \\ \u0007 text', '😀']
      await write(
        update([said(0, 1)], {
          identity: identity({ title: strange.join(' ') }),
          hosts: hashed(...strange),
          sample: aSample({ message: strange[2] ?? '' }),
        }),
      )
      const document = await only()
      expect(document).toMatchObject({ title: strange.join(' '), sampleMessage: strange[2] })
      expect(document.hosts.toSorted()).toEqual(strange.toSorted())
    })

    test('a window older than retention is refused as expired, and the rest of the part is written', async () => {
      const old = update([said(0, 1)], { identity: identity({ window: adapter.nowMs - (adapter.detailDays + 2) * DAY }) })
      const fresh = update([said(0, 1)])
      let refused: unknown
      await adapter.store.commit(
        {
          documents: [old, fresh],
          settle: (refusals) => {
            refused = refusals.map(({ id, expired }) => ({ id, expired }))
            return { ledger: [], letters: [], progress: [] }
          },
        },
        never,
      )
      expect(refused).toEqual([{ id: old.id, expired: true }])
      expect((await only()).id).toBe(fresh.id)
    })

    test('ledger entries merge by block: the larger `consumed` of a block wins whole, a newer block adds, an older one does nothing', async () => {
      const entry = (block: number, counts: Record<string, number>) => anEntry({ contributor: first(), block, counts })
      const steps = [
        entry(0, { consumed: 10, counted: 8, 'filtered.level': 2 }),
        entry(0, { consumed: 12, counted: 12 }), // the block anew, by other rules
        entry(0, { consumed: 11, counted: 11 }), // a late retry
        entry(2_000, { consumed: 5, counted: 4, 'dead.not_json': 1 }),
        entry(2_000, { consumed: 5, counted: 4, 'dead.not_json': 1 }),
        entry(0, { consumed: 99, counted: 99 }), // a zombie
      ]
      for (const one of steps) await adapter.store.commit(aDetailPart([], { ledger: [one] }), never)
      await adapter.store.commit(aDetailPart([], { ledger: [anEntry({ contributor: second(), block: 0 })] }), never)

      const totals = await waitUntil('the ledger', async () => ((await adapter.ledger()).length === 2 ? adapter.ledger() : null))
      const counts = totals.find(({ contributor }) => contributor === first())?.counts ?? {}
      expect(withoutZeros(counts)).toEqual({ consumed: 17, counted: 16, 'dead.not_json': 1 })
    })

    test('a letter that comes again is one letter, with its bytes', async () => {
      const letter = aLetter({ partition: adapter.partitions[0], timeMs: adapter.nowMs, body: Buffer.from([0, 255, 10, 34]) })
      for (let i = 0; i < 3; i++) await adapter.store.commit(aDetailPart([], { letters: [letter] }), never)
      await adapter.store.commit(
        aDetailPart([], { letters: [aLetter({ partition: adapter.partitions[0], timeMs: adapter.nowMs, offset: 1 })] }),
        never,
      )

      const letters = await waitUntil('two letters', async () => {
        const distinct = new Map((await adapter.letters()).map((one) => [one.id, one]))
        return distinct.size === 2 ? [...distinct.values()] : null
      })
      const back = letters.find(({ id }) => id === letter.id)
      expect(back && { ...back, body: [...back.body] }).toEqual({ ...letter, body: [...letter.body] })
    })

    test('the position moves with what is written, and a successor finds it', async () => {
      const [p, other] = adapter.partitions
      expect(await adapter.store.open(p, never)).toMatchObject({ incarnation: 0, from: 0, next: 0, lost: null })
      const progress = aProgress({ partition: p, from: 2_000, next: 2_500 })
      await adapter.store.commit(aDetailPart([update([said(2_000, 3)])], { progress: [progress] }), never)

      adapter = await adapter.reopen()
      const resumed = await adapter.store.open(p, never)
      expect(resumed).toMatchObject({ incarnation: 0, next: 2_500, lost: null })
      expect([2_000, 2_500]).toContain(resumed.from)
      expect(await adapter.store.open(other, never)).toMatchObject({ next: 0 })
      expect((await only()).count).toBe(3)
    })

    test('after a restart that replays what was written, nothing is counted twice', async () => {
      const [p] = adapter.partitions
      await adapter.store.open(p, never)
      await adapter.store.commit(
        aDetailPart([update([said(0, 10)])], { progress: [aProgress({ partition: p, from: 0, next: 10 })] }),
        never,
      )

      adapter = await adapter.reopen()
      const { from } = await adapter.store.open(p, never)
      await write(update([said(from, from === 0 ? 15 : 5)])) // offsets 10 to 14 are new; before them only what must be read again
      expect((await only()).count).toBe(15)
    })
  })
}

function withoutZeros(counts: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).filter(([, n]) => n !== 0))
}
