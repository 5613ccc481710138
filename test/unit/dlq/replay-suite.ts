/**
 * What replaying dead letters promises, for embedded and cluster mode alike: each letter is counted once in both stores, however often it is replayed,
 * by however many at once, and wherever a replay is killed; and the ledger says so.
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { imbalance, isBalanced, type LedgerTotal } from '../../../src/store/ledger.ts'
import type { DeadLetterDesk, LetterFilter, ReplayReport } from '../../../src/store/dead-letter.ts'

export interface ReplayAdapter {
  readonly nowMs: number
  /** Reads one record for each line with both branches, under these settings, until they are committed. */
  consume(lines: readonly (string | Buffer)[], settings: Over): Promise<void>
  /** A desk with the rules of these settings, as a process of its own has. `killedAt`: it dies at its n-th step of writing, from 0. */
  desk(settings: Over, killedAt?: number): Promise<DeadLetterDesk>
  /** Steps of writing that a replay of one chunk has: before each it can be killed. */
  readonly steps: number
  counts(): Promise<{ detail: number; rollup: number }>
  ledger(): Promise<LedgerTotal[]>
  /** The source forgets all records, where it is one that remembers any. */
  forget(): Promise<void>
  close(): Promise<void>
}

export type Over = Readonly<Record<string, unknown>>

const SMALL: Over = { limits: { maxRecordBytes: 600 } }
const LARGE: Over = {}

export function describeReplay(name: string, make: () => Promise<ReplayAdapter>): void {
  describe(`replaying dead letters of ${name}`, () => {
    let adapter: ReplayAdapter
    const desks: DeadLetterDesk[] = []

    beforeEach(async () => {
      adapter = await make()
    })
    afterEach(async () => {
      for (const desk of desks.splice(0)) await desk.close()
      await adapter.close()
    })

    const line = (message: string, over: Record<string, unknown> = {}): string =>
      JSON.stringify({
        timeMillis: adapter.nowMs,
        level: 'ERROR',
        loggerName: 'com.acme.A',
        thread: 't',
        message,
        loggerFqcn: 'x',
        contextMap: { job: 'orders' },
        ...over,
      })
    const large = (message: string): string => line(message, { padding: 'x'.repeat(700) })
    const broken = '{"neither": "level nor message"}'

    async function deskOf(settings: Over, killedAt?: number): Promise<DeadLetterDesk> {
      const desk = await adapter.desk(settings, killedAt)
      desks.push(desk)
      return desk
    }

    /** Until all letters have been looked at. */
    async function replayAll(desk: DeadLetterDesk, filter: LetterFilter = {}, limit = 1_000): Promise<ReplayReport[]> {
      const reports: ReplayReport[] = []
      for (let after: number | null = 0; after !== null; after = reports.at(-1)?.next ?? null)
        reports.push(await desk.replay(filter, { limit, after, signal: new AbortController().signal }))
      return reports
    }

    const sumOf = (reports: readonly ReplayReport[], field: Exclude<keyof ReplayReport, 'next'>): number =>
      reports.reduce((sum, report) => sum + report[field], 0)

    async function account(): Promise<{ branch: string; counts: Record<string, number> }[]> {
      const totals = await adapter.ledger()
      expect(totals.filter(({ counts }) => imbalance(counts) !== 0 || !isBalanced(counts))).toEqual([])
      return ['detail', 'rollup'].map((branch) => {
        const counts: Record<string, number> = {}
        for (const total of totals.filter((one) => one.branch === branch))
          for (const [outcome, n] of Object.entries(total.counts)) counts[outcome] = (counts[outcome] ?? 0) + n
        return { branch, counts: Object.fromEntries(Object.entries(counts).filter(([, n]) => n !== 0)) }
      })
    }

    const both = (counts: Record<string, number>) => [
      { branch: 'detail', counts },
      { branch: 'rollup', counts },
    ]

    test('after a fix all are counted once in both stores, the letters are gone, and the ledger is in balance', async () => {
      await adapter.consume([line('good'), large('one'), large('two'), large('two'), line('good')], SMALL)
      const desk = await deskOf(LARGE)
      expect((await desk.letters({ limit: 10 })).map(({ reason }) => reason)).toEqual(['too_large', 'too_large', 'too_large'])
      expect(await account()).toEqual(both({ consumed: 5, counted: 2, 'dead.too_large': 3 }))

      expect(await replayAll(desk)).toMatchObject([
        { letters: 3, replayed: 3, events: 3, failedAgain: 0, waiting: 0, unclear: 0, next: null },
      ])
      expect(await adapter.counts()).toEqual({ detail: 5, rollup: 5 })
      expect(await account()).toEqual(both({ consumed: 5, counted: 5 }))
      expect(await desk.letters({ limit: 10 })).toEqual([])

      expect(await replayAll(desk)).toMatchObject([{ letters: 0, events: 0 }])
      expect(await adapter.counts()).toEqual({ detail: 5, rollup: 5 })
    })

    test('what goes on being read after a replay is counted beside it, by the same documents and lines', async () => {
      await adapter.consume([large('one'), line('two')], SMALL)
      await replayAll(await deskOf(LARGE))
      await adapter.consume([line('one'), line('two'), large('one')], LARGE)
      expect(await adapter.counts()).toEqual({ detail: 5, rollup: 5 })
      expect(await account()).toEqual(both({ consumed: 5, counted: 5 }))
    })

    test('without a fix they stay letters, as they were; what fails for another reason says so', async () => {
      await adapter.consume([broken, large('one'), `${broken.slice(0, -1)}, "padding": "${'x'.repeat(700)}"}`], SMALL)
      const same = await deskOf(SMALL)
      expect(await replayAll(same)).toMatchObject([{ letters: 3, replayed: 0, failedAgain: 3, events: 0 }])
      expect(await account()).toEqual(both({ consumed: 3, 'dead.unknown_layout': 1, 'dead.too_large': 2 }))

      const desk = await deskOf(LARGE)
      expect(await replayAll(desk)).toMatchObject([{ letters: 3, replayed: 1, failedAgain: 2, events: 1 }])
      expect((await desk.letters({ limit: 10 })).map(({ reason }) => reason)).toEqual(['unknown_layout', 'unknown_layout'])
      expect(await account()).toEqual(both({ consumed: 3, counted: 1, 'dead.unknown_layout': 2 }))
      expect(await adapter.counts()).toEqual({ detail: 1, rollup: 1 })
      expect(await replayAll(desk)).toMatchObject([{ failedAgain: 2, events: 0 }])
      expect(await account()).toEqual(both({ consumed: 3, counted: 1, 'dead.unknown_layout': 2 }))
    })

    test('what is filtered by now is gone, and filtered in the ledger', async () => {
      await adapter.consume([line('quiet', { level: 'INFO', padding: 'x'.repeat(700) }), large('one')], SMALL)
      expect(await replayAll(await deskOf(LARGE))).toMatchObject([{ replayed: 2, events: 1 }])
      expect(await account()).toEqual(both({ consumed: 2, counted: 1, 'filtered.level': 1 }))
      expect(await adapter.counts()).toEqual({ detail: 1, rollup: 1 })
    })

    test('a record that holds several events by now counts them all', async () => {
      await adapter.consume([`[${line('one')},${large('two')},${line('three')}]`], SMALL)
      expect(await replayAll(await deskOf(LARGE))).toMatchObject([{ replayed: 1, events: 3 }])
      expect(await account()).toEqual(both({ consumed: 3, counted: 3 }))
      expect(await adapter.counts()).toEqual({ detail: 3, rollup: 3 })
    })

    test('only what is asked for is replayed, a part at a time', async () => {
      await adapter.consume([large('one'), broken, large('two'), large('three')], SMALL)
      const desk = await deskOf(LARGE)
      const first = (await desk.letters({ limit: 10, reason: 'too_large' })).find(({ offset }) => offset === 0)
      expect(await replayAll(desk, { id: first?.id ?? 'none' })).toMatchObject([{ letters: 1, events: 1 }])
      expect(await adapter.counts()).toEqual({ detail: 1, rollup: 1 })
      const parts = await replayAll(desk, { reason: 'too_large' }, 1)
      expect(sumOf(parts, 'events')).toBe(2)
      expect(parts.length).toBeGreaterThan(1)
      expect((await desk.letters({ limit: 10 })).map(({ reason }) => reason)).toEqual(['unknown_layout'])
      expect(await adapter.counts()).toEqual({ detail: 3, rollup: 3 })
      expect(await account()).toEqual(both({ consumed: 4, counted: 3, 'dead.unknown_layout': 1 }))
    })

    test('a source that has forgotten the records: the redacted copies are counted, and the answer says so', async () => {
      await adapter.consume([line('password=hunter2 was wrong', { padding: 'x'.repeat(700) }), large('one')], SMALL)
      await adapter.forget()
      const desk = await deskOf(LARGE)
      for (const { body } of await desk.letters({ limit: 10 })) expect(body.toString()).not.toContain('hunter2')
      expect(await replayAll(desk)).toMatchObject([{ replayed: 2, events: 2, fromCopy: 2, fromCutCopy: 0 }])
      expect(await adapter.counts()).toEqual({ detail: 2, rollup: 2 })
      expect(await account()).toEqual(both({ consumed: 2, counted: 2 }))
    })

    test('two replays at once count nothing twice', async () => {
      await adapter.consume(
        Array.from({ length: 40 }, (_, i) => large(`number ${i % 7}`)),
        SMALL,
      )
      const [one, other] = [await deskOf(LARGE), await deskOf(LARGE)]
      const outcomes = await Promise.allSettled([replayAll(one, {}, 25), replayAll(other, {}, 25)])
      const reasons: unknown[] = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []))
      for (const reason of reasons) expect(reason).toMatchObject({ code: 'partition_lost' })
      await replayAll(one)
      expect(await adapter.counts()).toEqual({ detail: 40, rollup: 40 })
      expect(await account()).toEqual(both({ consumed: 40, counted: 40 }))
      expect(await one.letters({ limit: 1 })).toEqual([])
    })

    test('a replay that is killed before any of its steps is finished by the next one, and counts nothing twice', async () => {
      const letters = 2 * adapter.steps
      await adapter.consume([line('good'), ...Array.from({ length: letters }, (_, i) => large(`kill ${i % 3}`))], SMALL)
      const killed = async (step: number, offset: number): Promise<void> => {
        const dying = await deskOf(LARGE, step)
        await expect(
          dying.replay({ fromOffset: offset, toOffset: offset }, { limit: 10, after: null, signal: new AbortController().signal }),
        ).rejects.toThrow('killed')
      }
      for (let step = 0; step < adapter.steps; step++) {
        await killed(step, 2 * step + 1)
        if (step % 2 === 0) await replayAll(await deskOf(LARGE), { fromOffset: 2 * step + 2, toOffset: 2 * step + 2 })
      }
      await replayAll(await deskOf(LARGE))
      expect(await adapter.counts()).toEqual({ detail: letters + 1, rollup: letters + 1 })
      expect(await account()).toEqual(both({ consumed: letters + 1, counted: letters + 1 }))
    })

    test('purged letters are gone, and their events stay dead in the ledger', async () => {
      await adapter.consume([large('one'), broken, large('two')], SMALL)
      const desk = await deskOf(LARGE)
      expect(await desk.purge({ reason: 'too_large' }, new AbortController().signal)).toBe(2)
      expect((await desk.letters({ limit: 10 })).map(({ reason }) => reason)).toEqual(['unknown_layout'])
      expect(await replayAll(desk)).toMatchObject([{ letters: 1, events: 0 }])
      expect(await account()).toEqual(both({ consumed: 3, 'dead.too_large': 2, 'dead.unknown_layout': 1 }))
      expect(await desk.purge({}, new AbortController().signal)).toBe(1)
      expect(await desk.letters({ limit: 10 })).toEqual([])
    })

    test('letters are found by what they are, newest first, a page at a time', async () => {
      await adapter.consume([large('a'), broken, 'plain text', Buffer.from([0xff, 0xfe, 0x00]), large('b')], SMALL)
      const desk = await deskOf(LARGE)
      const all = await desk.letters({ limit: 10 })
      expect(all.map(({ offset }) => offset).toSorted()).toEqual([0, 1, 2, 3, 4])
      const pages: string[] = []
      for (let page = await desk.letters({ limit: 2 }); page.length > 0; page = await desk.letters({ limit: 2, after: page.at(-1)! }))
        pages.push(...page.map(({ id }) => id))
      expect(pages).toEqual(all.map(({ id }) => id))
      const offsets = async (filter: LetterFilter): Promise<number[]> =>
        (await desk.letters({ limit: 10, ...filter })).map(({ offset }) => offset).toSorted()
      const { partition, timeMs, id, offset } = all[0]!
      expect(await offsets({ reason: 'too_large' })).toEqual([0, 4])
      expect(await offsets({ fromOffset: 1, toOffset: 2 })).toEqual([1, 2])
      expect(await offsets({ topic: partition.topic, partition: partition.partition })).toEqual([0, 1, 2, 3, 4])
      expect(await offsets({ topic: 'another' })).toEqual([])
      expect(await offsets({ stage: 'store' })).toEqual([])
      expect(await offsets({ branch: 'detail' })).toEqual([0, 1, 2, 3, 4])
      expect(await offsets({ fromMs: timeMs + 1 })).toEqual([])
      expect(await offsets({ fromMs: timeMs, toMs: timeMs + 1 })).toContain(offset)
      expect(await offsets({ id })).toEqual([offset])
      const shown = await desk.letter(id)
      expect(shown).toEqual(all[0])
      expect(await desk.letter('no/such/0/0@1#0:decode')).toBeNull()
    })
  })
}
