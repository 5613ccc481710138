/**
 * What every reader of details must do, whatever is behind it. Each test has a store of its own, or a share of one: hours that no other test
 * has. What is written may be seen late, so a marker is written last and waited for.
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Throwable } from '../../src/event.ts'
import type { DetailReader, ErrorQuery } from '../../src/store/detail-reader.ts'
import type { DocumentUpdate } from '../../src/store/detail-store.ts'
import { contributorKey } from '../../src/store/position.ts'
import { aDetailPart, anIdentity, aSample, anUpdate, hashed, MINUTE, TRACE } from '../support/builders.ts'
import { waitUntil } from '../support/wait.ts'
import type { DetailAdapter } from './detail-store.ts'

/** How many tests there are: each needs a share of its own where a store is shared. */
export const DETAIL_READER_TESTS = 6

export function describeDetailReader(name: string, makeAdapter: () => Promise<DetailAdapter & { readonly reader: DetailReader }>): void {
  describe(`${name} as a reader of details`, () => {
    const never = new AbortController().signal
    let adapter: Awaited<ReturnType<typeof makeAdapter>>

    beforeEach(async () => {
      adapter = await makeAdapter()
    })
    afterEach(() => adapter.close())

    const ago = (minutes: number) => adapter.nowMs - minutes * MINUTE
    const FP = 'v1:00000000000000aa'
    const update = (minutes: number, over: Parameters<typeof anUpdate>[0] = {}, identity: Parameters<typeof anIdentity>[0] = {}) =>
      anUpdate({
        identity: anIdentity({ fp: FP, window: ago(minutes), ...identity }),
        sample: aSample({ message: `${minutes} minutes ago`, timeMs: ago(minutes) + 17 }),
        contributions: [{ contributor: contributorKey(adapter.partitions[0], 0), block: 2_000, n: 3 }],
        ...over,
      })

    async function write(...documents: DocumentUpdate[]): Promise<void> {
      const marker = anUpdate({ identity: anIdentity({ job: 'marker', fp: 'v1:marker', window: adapter.nowMs }) })
      await adapter.store.commit(aDetailPart([...documents, marker]), never)
      await waitUntil('the documents to be readable', async () => (await adapter.documents()).some(({ id }) => id === marker.id))
    }

    const errors = (over: Partial<ErrorQuery> = {}) =>
      adapter.reader.errors({ fromMs: ago(20), toMs: ago(-1), job: null, fingerprint: FP, limit: 10, ...over })
    const said = async (over: Partial<ErrorQuery> = {}) => (await errors(over)).map(({ job, event }) => `${job}: ${event?.message}`)

    test('the newest documents of the error come first, as many as asked for, of one job or of all, within the range', async () => {
      await write(
        ...[5, 1, 3].map((minutes) => update(minutes)),
        update(2, {}, { job: 'billing' }),
        update(0, {}, { fp: 'v1:00000000000000bb' }),
        update(25),
      )
      expect(await said()).toEqual(['orders: 1 minutes ago', 'billing: 2 minutes ago', 'orders: 3 minutes ago', 'orders: 5 minutes ago'])
      expect(await said({ limit: 2 })).toEqual(['orders: 1 minutes ago', 'billing: 2 minutes ago'])
      expect(await said({ job: 'orders', limit: 2 })).toEqual(['orders: 1 minutes ago', 'orders: 3 minutes ago'])
      expect(await said({ fromMs: ago(3), toMs: ago(1) })).toEqual(['billing: 2 minutes ago', 'orders: 3 minutes ago'])
      expect(await said({ job: 'nobody' })).toEqual([])
    })

    test('a document has its event whole, its numbers, and where its events were read', async () => {
      const sample = aSample({
        timeMs: ago(1) + 17,
        thread: 'Map -> Sink: orders (3/8)#0',
        message: 'could not save 訂單 17',
        messageTemplate: 'could not save {}',
        context: new Map([
          ['tenant', 'acme'],
          ['trace.id', '0af7651916cd43dd'],
        ]),
        tags: ['slow'],
        operator: 'Map -> Sink: orders',
        subtask: 3,
        envelopes: ['filebeat'],
        truncated: true,
      })
      const written = update(1, { sample, hosts: hashed('host-1', 'host-2'), firstMs: ago(1) + 17, lastMs: ago(1) + 900 })
      await write(written)
      const [document, ...others] = await errors()
      expect(others).toEqual([])
      expect({ ...document, hosts: document?.hosts.toSorted() }).toEqual({
        id: written.id,
        job: 'orders',
        fingerprint: FP,
        windowMs: ago(1),
        title: written.identity.title,
        culprit: written.identity.culprit,
        count: 3,
        firstMs: ago(1) + 17,
        lastMs: ago(1) + 900,
        hosts: ['host-1', 'host-2'],
        places: [{ contributor: contributorKey(adapter.partitions[0], 0), block: 2_000, n: 3 }],
        event: {
          timeMs: ago(1) + 17,
          level: 'ERROR',
          logger: 'com.acme.Orders',
          thread: 'Map -> Sink: orders (3/8)#0',
          host: 'host-1',
          message: 'could not save 訂單 17',
          messageTemplate: 'could not save {}',
          exceptionMessage: 'order 17 has no lines',
          stackTrace: TRACE,
          context: sample.context,
          tags: ['slow'],
          serviceName: 'orders',
          serviceVersion: '1.0.0',
          environment: 'prod',
          operator: 'Map -> Sink: orders',
          subtask: 3,
          layout: 'log4j2-json',
          envelopes: ['filebeat'],
          truncated: true,
        },
      })
    })

    test('a trace that came as a structure is text, with its causes', async () => {
      const frame = { className: 'com.acme.Orders', method: 'load', file: 'Orders.java', line: 41 }
      const cause: Throwable = { type: 'java.io.IOException', message: 'disk', frames: [frame], cause: null, suppressed: [] }
      const chain: Throwable = { type: 'com.acme.Wrapped', message: 'outer', frames: [], cause, suppressed: [] }
      await write(update(1, { sample: aSample({ throwable: { form: 'chain', chain } }) }))
      expect((await errors())[0]?.event).toMatchObject({
        exceptionMessage: 'outer',
        stackTrace: 'com.acme.Wrapped: outer\nCaused by: java.io.IOException: disk\n\tat com.acme.Orders.load(Orders.java:41)',
      })
    })

    test('an event without a throwable has no trace; a document without an event says so', async () => {
      await write(update(1, { sample: aSample({ throwable: null }) }), update(2, { sample: null }))
      const [plain, without] = await errors()
      expect(plain?.event).toMatchObject({ exceptionMessage: null, stackTrace: null })
      expect(without).toMatchObject({ count: 3, event: null })
    })

    test('an error is found by the key that it had by the rules before', async () => {
      await write(update(1, { previous: hashed('v0:before') }), update(2))
      expect(await said({ fingerprint: 'v0:before' })).toEqual(['orders: 1 minutes ago'])
    })

    test('who asks before anything was written gets nothing', async () => {
      expect(await errors()).toEqual([])
    })
  })
}
