/**
 * What every rollup store must do. Rows, ledger, letters and position of a partition are one transaction: whatever is read back
 * must fit together. Reading back is waited for, since a store may show its writes late.
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Partition } from '../../src/source/source.ts'
import type { DeadLetter } from '../../src/store/dead-letter.ts'
import { imbalance, type LedgerTotal } from '../../src/store/ledger.ts'
import { contributorKey } from '../../src/store/position.ts'
import type { RollupReader, RollupRow, RollupStore } from '../../src/store/rollup-store.ts'
import { aLetter, anEntry, aProgress, aRollupPart, aRow, MINUTE } from '../support/builders.ts'
import { waitUntil } from '../support/wait.ts'

export interface RollupAdapter {
  readonly store: RollupStore
  readonly reader: RollupReader
  /** Partitions whose log holds offsets 0 to at least 10,000. */
  readonly partitions: readonly [Partition, Partition]
  /** The start of a minute; windows are made near it. */
  readonly nowMs: number
  ledger(): Promise<readonly LedgerTotal[]>
  letters(): Promise<readonly DeadLetter[]>
  /** Ends the store and opens another on the same data, as a restart would. Everything above is then read from the new one. */
  reopen(): Promise<RollupAdapter>
  close(): Promise<void>
}

export function describeRollupStore(name: string, makeAdapter: () => Promise<RollupAdapter>): void {
  describe(`${name} as a rollup store`, () => {
    const never = new AbortController().signal
    let adapter: RollupAdapter

    beforeEach(async () => {
      adapter = await makeAdapter()
      for (const p of adapter.partitions) await adapter.store.open(p, never)
    })
    afterEach(() => adapter.close())

    const row = (over: Partial<RollupRow> = {}) => aRow({ windowMs: adapter.nowMs, ...over })
    const upTo = (next: number, partition = adapter.partitions[0]) => aProgress({ partition, from: next, next })
    const range = () => ({ fromMs: adapter.nowMs - MINUTE, toMs: adapter.nowMs + MINUTE })
    const top = () => adapter.reader.top({ ...range(), job: null, by: 'fingerprint', limit: 10 })
    const counted = (total: number) => waitUntil(`a total of ${total}`, async () => ((await top()).total === total ? top() : null))

    test('rows of one series add up, over rows, parts and commits', async () => {
      const [p, q] = adapter.partitions
      await adapter.store.commit(
        [
          aRollupPart([row({ count: 3 }), row({ count: 4 })], { progress: upTo(7, p) }),
          aRollupPart([row({ count: 5 })], { progress: upTo(5, q) }),
        ],
        never,
      )
      await adapter.store.commit([aRollupPart([row({ count: 6 })], { progress: upTo(13, p) })], never)
      expect((await counted(18)).rows).toMatchObject([{ count: 18 }])
    })

    test('a commit reports nothing lost where everything went through', async () => {
      expect(await adapter.store.commit([aRollupPart([row()], { progress: upTo(1) })], never)).toEqual({ lost: [], refusedEvents: 0 })
    })

    test('a host counts once, however many rows name it', async () => {
      await adapter.store.commit(
        [aRollupPart([row({ hosts: ['a', 'b'] }), row({ windowMs: adapter.nowMs - MINUTE, hosts: ['b', 'c'] })], { progress: upTo(2) })],
        never,
      )
      await adapter.store.commit([aRollupPart([row({ hosts: ['c', 'a'] })], { progress: upTo(3) })], never)
      expect((await counted(3)).rows).toMatchObject([{ hosts: 3 }])
    })

    test('the position moves with the rows, and a successor finds it', async () => {
      const [p, q] = adapter.partitions
      await adapter.store.commit([aRollupPart([row({ count: 2 })], { progress: upTo(2_500, p) })], never)
      adapter = await adapter.reopen()
      expect(await adapter.store.open(p, never)).toMatchObject({ incarnation: 0, from: 2_500, next: 2_500, lost: null })
      expect(await adapter.store.open(q, never)).toMatchObject({ incarnation: 0, next: 0 })
      await counted(2)
    })

    test('a part without rows moves the position', async () => {
      await adapter.store.commit([aRollupPart([], { progress: upTo(40) })], never)
      adapter = await adapter.reopen()
      expect(await adapter.store.open(adapter.partitions[0], never)).toMatchObject({ next: 40 })
    })

    test('ledger entries add up and stay in balance', async () => {
      const contributor = contributorKey(adapter.partitions[0], 0)
      const day = new Date(adapter.nowMs).toISOString().slice(0, 10)
      const entry = (next: number, counts: Record<string, number>) => anEntry({ branch: 'rollup', contributor, day, next, counts })
      await adapter.store.commit(
        [aRollupPart([row({ count: 8 })], { progress: upTo(10), ledger: [entry(10, { consumed: 10, counted: 8, 'filtered.level': 2 })] })],
        never,
      )
      await adapter.store.commit(
        [aRollupPart([row({ count: 4 })], { progress: upTo(15), ledger: [entry(15, { consumed: 5, counted: 4, 'dead.not_json': 1 })] })],
        never,
      )

      const totals = await waitUntil('the whole account', async () => {
        const found = await adapter.ledger()
        return found.some(({ counts }) => counts['consumed'] === 15) ? found : null
      })
      expect(totals).toEqual([
        { branch: 'rollup', contributor, day, counts: { consumed: 15, counted: 12, 'filtered.level': 2, 'dead.not_json': 1 } },
      ])
      expect(imbalance(totals[0]?.counts ?? {})).toBe(0)
    })

    test('a letter goes with the rows, once for each id', async () => {
      const letter = (offset: number) =>
        aLetter({
          partition: adapter.partitions[0],
          offset,
          timeMs: adapter.nowMs,
          branch: 'rollup',
          stage: 'store',
          reason: 'refused_by_store',
        })
      await adapter.store.commit([aRollupPart([], { progress: upTo(1), letters: [letter(0)] })], never)
      await adapter.store.commit([aRollupPart([], { progress: upTo(2), letters: [letter(0), letter(1)] })], never)
      const ids = await waitUntil('two letters', async () => {
        const distinct = new Set((await adapter.letters()).map(({ id }) => id))
        return distinct.size === 2 ? distinct : null
      })
      expect([...ids].toSorted()).toEqual([letter(0).id, letter(1).id])
    })
  })
}
