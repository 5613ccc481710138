/**
 * Pieces of a byte stream in, batches of records out: what files, pipes and request bodies have in common. A batch holds the records of
 * one chunk, so chunk size and record size bound it. Delivery: stateless between calls; reading again from an offset gives the same records.
 */
import { RecordAssembler, type AssemblerOptions } from './record-assembler.ts'
import type { Batch, Partition } from './source.ts'

/** Bytes, or word that none will come for a moment. The longer the quiet, the less a record has to be whole to be given out. */
export type Piece = Buffer | 'caught-up' | 'quiet'

/** Yields nothing more once the signal aborts. When `pieces` ends, so has the partition. */
export async function* recordBatches(
  p: Partition,
  pieces: AsyncIterable<Piece>,
  from: number,
  options: AssemblerOptions,
  signal: AbortSignal,
): AsyncGenerator<Batch> {
  const assembler = new RecordAssembler(options)
  let position = from
  for await (const piece of pieces) {
    if (signal.aborted) return
    if (typeof piece === 'string') assembler.settle(piece === 'caught-up')
    else assembler.push(piece)
    yield* batches(typeof piece === 'string')
  }
  if (signal.aborted) return
  assembler.end()
  yield* batches(true)

  function* batches(isAtEnd: boolean): Generator<Batch> {
    const drained = assembler.drain(from)
    for (const { records, next } of drained) yield made(records, next, isAtEnd && next === assembler.position)
    // Lines that are no records are passed too, so that the position reaches the end.
    if (isAtEnd && assembler.position > position) yield made([], assembler.position, true)
  }

  function made(records: Batch['records'], next: number, isLast: boolean): Batch {
    const batch = { partition: p, fetchedFrom: position, records, next, end: isLast ? next : null }
    position = next
    return batch
  }
}

/** How often something quiet is looked at, and how many looks without news make it quiet. */
export const LOOK_MS = 250
export const QUIET_LOOKS = 4
