/**
 * The merge laws as a property of any detail store. A history is what really happened to the events of one document: every contributor reads
 * its log block by block and flushes absolute counts. What reaches the store is that history with faults: flushes repeated, sent late by
 * a process that no longer owns the partition (a zombie), several blocks in one, and contributors mixed in any order.
 *
 *   truth   contributor x: block 0 has 5, block 2000 has 3          the count must be the sum over all contributors and blocks: 8
 *   sent    (0:2) (0:5) (0:2 zombie) (0:5, 2000:1) (2000:3) (0:5 zombie) (2000:3)
 *
 * The order that holds: a contributor's flushes first arrive in order, because at most one update of a document is under way.
 */
import fc from 'fast-check'
import type { Contribution } from '../../src/store/detail-store.ts'

const BLOCK_SIZE = 2_000

/** One update as it reaches the store. */
export type Sent = readonly Contribution[]

export interface History {
  readonly sent: readonly Sent[]
  /** Events that belong to the document: what its count must be. */
  readonly events: number
}

/** Writes `sent` in order to a new document of a store, and returns the document's count. */
export type CountOf = (sent: readonly Sent[]) => Promise<number>

export async function checkMergeLaws(countOf: CountOf, numRuns: number): Promise<void> {
  await fc.assert(
    fc.asyncProperty(histories(), async ({ sent, events }) => {
      const count = await countOf(sent)
      if (count !== events) throw new Error(`counted ${count} of ${events} events`)
    }),
    { numRuns },
  )
}

function histories(): fc.Arbitrary<History> {
  return fc.array(contributorHistories(), { minLength: 1, maxLength: 3 }).chain((lists) => {
    const named = lists.map((list, i) => ({
      events: list.events,
      sent: list.sent.map((part) => part.map((one) => ({ ...one, contributor: `main/t/0/${i}` }))),
    }))
    const events = named.reduce((sum, one) => sum + one.events, 0)
    return interleaved(named.map((one) => one.sent)).map((sent) => ({ sent, events }))
  })
}

/** For each block its steps of absolute counts, never falling; a flush may carry several blocks; repeats and zombies are put in behind. */
function contributorHistories(): fc.Arbitrary<History> {
  const block = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 3 })
  const faults = fc.array(fc.record({ which: fc.nat(), after: fc.nat() }), { maxLength: 6 })
  return fc
    .tuple(fc.array(block, { minLength: 1, maxLength: 4 }), fc.array(fc.boolean(), { minLength: 12, maxLength: 12 }), faults)
    .map(([blocks, joins, wrong]) => {
      const flushes = joined(blocks.flatMap(stepsOf), joins)
      const events = blocks.flat().reduce((sum, n) => sum + n, 0)
      return { sent: withFaults(flushes, wrong), events }
    })
}

function stepsOf(increments: readonly number[], index: number): Contribution[] {
  let n = 0
  return increments.map((more) => ({ contributor: '', block: index * BLOCK_SIZE, n: (n += more) }))
}

/** Puts neighbouring steps into one flush where `joins` says so; of one block, the larger number only. */
function joined(steps: readonly Contribution[], joins: readonly boolean[]): Sent[] {
  const flushes: Contribution[][] = []
  for (const [i, step] of steps.entries()) {
    const open = flushes.at(-1)
    if (open === undefined || joins[i] !== true) {
      flushes.push([step])
      continue
    }
    if (open.at(-1)?.block === step.block) open.pop()
    open.push(step)
  }
  return flushes
}

/** A copy of an earlier flush, at any place behind the original. */
function withFaults(flushes: readonly Sent[], faults: readonly { which: number; after: number }[]): Sent[] {
  const sent = [...flushes]
  for (const { which, after } of faults) {
    const from = which % sent.length
    const copy = sent[from]
    if (copy !== undefined) sent.splice(from + 1 + (after % (sent.length - from)), 0, copy)
  }
  return sent
}

/** Some order of all lists' members in which each list keeps its own. */
function interleaved(lists: readonly (readonly Sent[])[]): fc.Arbitrary<Sent[]> {
  const turns = lists.flatMap((list, i) => list.map(() => i))
  return fc.shuffledSubarray(turns, { minLength: turns.length }).map((order) => {
    const next = lists.map((list) => list.values())
    return order.flatMap((i) => {
      const taken = next[i]?.next()
      return taken === undefined || taken.done === true ? [] : [taken.value]
    })
  })
}
