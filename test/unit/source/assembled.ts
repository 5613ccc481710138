/** What comes out of the assembler for a text cut into given chunks: lines, offsets, position. */
import { RecordAssembler, type Assembled } from '../../../src/source/record-assembler.ts'

export interface Shown {
  readonly offset: number
  readonly text: string
}

export function assemble(
  chunks: readonly Buffer[],
  options: { from?: number; maxRecordBytes?: number } = {},
): { records: Shown[]; next: number | null } {
  const assembler = new RecordAssembler({ maxRecordBytes: options.maxRecordBytes ?? 1_000_000, key: null })
  const batches: Assembled[] = []
  for (const chunk of chunks) {
    assembler.push(chunk)
    batches.push(...assembler.drain(options.from ?? 0))
  }
  assembler.end()
  batches.push(...assembler.drain(options.from ?? 0))
  return { records: batches.flatMap(({ records }) => records.map(shown)), next: batches.at(-1)?.next ?? null }
}

export function texts(text: string): string[] {
  return assemble([Buffer.from(text)]).records.map((record) => record.text)
}

export function shown({ offset, value }: { offset: number; value: Buffer | null }): Shown {
  return { offset, text: value?.toString('utf8') ?? '' }
}

/** Cuts a buffer at the given places. */
export function cutAt(bytes: Buffer, places: readonly number[]): Buffer[] {
  const sorted = [0, ...places.map((place) => place % (bytes.length + 1)), bytes.length].toSorted((a, b) => a - b)
  return sorted.slice(1).map((end, i) => bytes.subarray(sorted[i], end))
}
