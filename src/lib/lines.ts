/**
 * Bytes in, lines out: a stream of chunks, cut anywhere, becomes its lines, the same ones however it was cut.
 *
 * A line ends at `\n`; a `\r` before it is taken off. What follows the last `\n` is held until more comes or `end` is called. A line longer
 * than `maxBytes` is cut to `maxBytes + 1`, so that decoding says `too_large`, and nothing more of it is held. Lines are slices
 * of the chunks where they can be, so a chunk must not be written to again.
 */

const LF = 10
const CR = 13

export class LineSplitter {
  readonly #maxBytes: number
  readonly #onLine: (line: Buffer) => void
  /** The beginning of a line whose end has not come. */
  #held: Buffer[] = []
  #heldBytes = 0
  /** Length of that line so far, with what was not held. */
  #length = 0

  constructor(maxBytes: number, onLine: (line: Buffer) => void) {
    this.#maxBytes = maxBytes
    this.#onLine = onLine
  }

  push(chunk: Buffer): void {
    let start = 0
    for (let at = chunk.indexOf(LF); at !== -1; at = chunk.indexOf(LF, start)) {
      this.#finish(chunk.subarray(start, at))
      start = at + 1
    }
    if (start < chunk.length) this.#hold(chunk.subarray(start))
  }

  /** What is held is a line too. */
  end(): void {
    if (this.#length > 0) this.#finish(Buffer.alloc(0))
  }

  #hold(part: Buffer): void {
    this.#length += part.length
    const room = this.#maxBytes + 1 - this.#heldBytes
    if (room <= 0) return
    const kept = part.subarray(0, room)
    this.#held.push(kept)
    this.#heldBytes += kept.length
  }

  #finish(rest: Buffer): void {
    if (this.#length === 0) return this.#onLine(this.#cut(rest, rest.length))
    this.#hold(rest)
    const line = this.#cut(Buffer.concat(this.#held), this.#length)
    this.#held = []
    this.#heldBytes = 0
    this.#length = 0
    this.#onLine(line)
  }

  #cut(line: Buffer, length: number): Buffer {
    // Only at the line's own end: the bound may fall on one within it.
    const bytes = line[length - 1] === CR ? length - 1 : length
    return line.subarray(0, Math.min(bytes, this.#maxBytes + 1))
  }
}
