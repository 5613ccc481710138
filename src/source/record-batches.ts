/**
 * Pieces of a byte stream in, batches of records out: what files, pipes and request bodies have in common. A batch holds the records of
 * one chunk, so chunk size and record size bound it. Delivery: stateless between calls; reading again from an offset gives the same records.
 */
import { RecordAssembler, type AssemblerOptions } from './record-assembler.ts'
import type { Batch, Partition } from './source.ts'

/** Bytes, or word that none will come for a moment. The longer the quiet, the less a record has to be whole to be given out. */
export type Piece = Buffer | 'caught-up' | 'quiet'

/**
 * Yields nothing more once the signal aborts. When `pieces` ends, so has the partition. `isBehind`: whether more bytes are there than were given. That
 * it is behind, and that it has come to the end, is told by a batch without records where none with records does.
 */
export async function* recordBatches(
  p: Partition,
  pieces: AsyncIterable<Piece>,
  from: number,
  options: AssemblerOptions,
  signal: AbortSignal,
  isBehind: () => boolean = () => false,
): AsyncGenerator<Batch> {
  const assembler = new RecordAssembler(options)
  let position = from
  let told: 'nothing' | 'more' | 'end' = 'nothing'
  for await (const piece of pieces) {
    if (signal.aborted) return
    if (typeof piece === 'string') assembler.settle(piece === 'caught-up')
    else assembler.push(piece)
    yield* batches(typeof piece === 'string')
  }
  if (signal.aborted) return
  assembler.end()
  yield* batches(true, true)

  function* batches(isAtEnd: boolean, isOver = false): Generator<Batch> {
    const drained = assembler.drain(from)
    for (const { records, next } of drained) yield made(records, next, isAtEnd && next === assembler.position)
    // Lines that are no records are passed too, so that the position reaches the end.
    if (isAtEnd && (assembler.position > position || (told !== 'end' && !isOver)))
      yield made([], Math.max(position, assembler.position), true)
    if (!isAtEnd && isBehind() && told !== 'more') yield made([], position, false)
  }

  function made(records: Batch['records'], next: number, isLast: boolean): Batch {
    const hasMore = !isLast && isBehind()
    const batch = { partition: p, fetchedFrom: position, records, next, end: isLast ? next : null, ...(hasMore ? { hasMore } : {}) }
    position = next
    told = isLast ? 'end' : hasMore ? 'more' : 'nothing'
    return batch
  }
}

/** How often something quiet is looked at, and how many looks without news make it quiet. */
export const LOOK_MS = 250
export const QUIET_LOOKS = 4
