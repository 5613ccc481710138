/** Bytes in, lines out, in order: an array for each chunk that ends at least one. Holds no more than a chunk and a line. */
import { LineSplitter } from '../lib/lines.ts'

export async function* lineBatches(input: AsyncIterable<Buffer>, maxBytes: number): AsyncGenerator<Buffer[]> {
  let lines: Buffer[] = []
  const splitter = new LineSplitter(maxBytes, (line) => void lines.push(line))
  for await (const chunk of input) {
    splitter.push(chunk)
    if (lines.length > 0) yield lines
    lines = []
  }
  splitter.end()
  if (lines.length > 0) yield lines
}
