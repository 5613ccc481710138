/**
 * Bytes in, records out: lines are numbered from 0, and the lines that belong together become one record. A JSON object that stands on
 * one line is a record; a printed stack trace joins the line it follows; pretty-printed JSON is joined until its braces close.
 * A record's offset is the number of its first line. Blank lines, and an array's own brackets around records, are no records but keep their numbers.
 *
 * Which records come out, and at which offsets, depends on the bytes alone, not on how they were cut into chunks, nor on when `settle` was called. A resume in
 * the middle therefore assembles from the first line again and leaves out what lies below the position: a position within a
 * record then means the next record, never the rest of this one.
 *
 * Delivery: pure, holds one open record, bounded by bytes (cut to `maxRecordBytes + 1`, so that decoding says `too_large`) and by lines.
 */
import { LineSplitter } from '../lib/lines.ts'
import { scan, type JsonDepth } from './json-depth.ts'
import { goesOnInJson, goesOnInText, isArrayFrame, isBlank, isHead, isSecondLineOfHead, objectStart, startsWithBrace } from './line-kind.ts'
import type { SourceRecord } from './source.ts'

/** A pretty-printed stack overflow of 1,024 frames has 8,200 lines. */
const MAX_LINES = 20_000
const MAX_BATCH_RECORDS = 1_000
const BOM = Buffer.from([0xef, 0xbb, 0xbf])
const NO_HEADERS = Object.freeze({})
const COMMA = 44
const CLOSE_BRACE = 125

export interface AssemblerOptions {
  readonly maxRecordBytes: number
  /** The key of every record, or null. */
  readonly key: Buffer | null
}

export interface Assembled {
  readonly records: readonly SourceRecord[]
  /** First line that belongs to none of these records. */
  readonly next: number
}

interface OpenRecord {
  readonly offset: number
  readonly kind: 'json' | 'text'
  readonly startsWithHead: boolean
  readonly parts: Buffer[]
  bytes: number
  lines: number
  /** Known once it was asked for: most JSON lines are followed by another and need no scan. */
  depth: JsonDepth | null
  /** Given out by `settle`; lines that still belong to it are left out, as they would be on reading again. */
  settled: boolean
}

export class RecordAssembler {
  readonly #options: AssemblerOptions
  readonly #splitter: LineSplitter
  #line = 0
  #open: OpenRecord | null = null
  #out: SourceRecord[] = []
  #next = 0

  constructor(options: AssemblerOptions) {
    this.#options = options
    this.#splitter = new LineSplitter(options.maxRecordBytes, (line) => this.#take(line))
  }

  push(chunk: Buffer): void {
    this.#splitter.push(chunk)
  }

  /** Nothing more comes: an unterminated last line counts, the open record is whole. */
  end(): void {
    this.#splitter.end()
    this.#close()
    this.#next = this.#line
  }

  /**
   * More may come, but not soon: gives out the open record. With `patient`, only a JSON object that is whole. One whose braces are still open stays in any case,
   * since half an object is worth nothing.
   */
  settle(patient: boolean): void {
    const open = this.#open
    if (open === null || open.settled || (open.kind === 'text' && patient)) return
    if (open.kind === 'json') {
      const { depth, inString } = depthOf(open)
      if (inString ? patient : depth > 0) return
    }
    this.#emit(open)
    this.#next = this.#line
  }

  /** The records that are whole, in batches; those below `from` are left out. Lines that a `settle` already passed are never given again. */
  drain(from: number): Assembled[] {
    const records = this.#out.filter((record) => record.offset >= from)
    this.#out = []
    const batches: Assembled[] = []
    for (let at = 0; at < records.length; at += MAX_BATCH_RECORDS) {
      const following = records[at + MAX_BATCH_RECORDS]
      batches.push({ records: records.slice(at, at + MAX_BATCH_RECORDS), next: following?.offset ?? this.#next })
    }
    return batches
  }

  /** First line that belongs to no record given out, and may belong to one that comes. */
  get position(): number {
    return this.#open === null || this.#open.settled ? this.#line : this.#open.offset
  }

  #take(line: Buffer): void {
    const at = this.#line++
    const text = at === 0 && line.subarray(0, 3).equals(BOM) ? line.subarray(3) : line
    if (isBlank(text)) return
    const open = this.#open
    if (open !== null && joins(open, text)) return append(open, text, this.#options.maxRecordBytes)
    this.#close()
    this.#next = at
    this.#open = isArrayFrame(text) ? null : opened(at, text)
  }

  #close(): void {
    if (this.#open !== null && !this.#open.settled) this.#emit(this.#open)
    this.#open = null
  }

  #emit(open: OpenRecord): void {
    const value = whole(open).subarray(0, this.#options.maxRecordBytes + 1)
    this.#out.push({ offset: open.offset, timestampMs: null, key: this.#options.key, value, headers: NO_HEADERS })
    open.settled = true
    open.parts.length = 1
  }
}

function opened(offset: number, line: Buffer): OpenRecord {
  const start = objectStart(line)
  const isJson = start !== -1
  const first = isJson ? line.subarray(start) : line
  return {
    offset,
    kind: isJson ? 'json' : 'text',
    startsWithHead: !isJson && isHead(line),
    parts: [first],
    bytes: first.length,
    lines: 1,
    depth: null,
    settled: false,
  }
}

function joins(open: OpenRecord, line: Buffer): boolean {
  if (startsWithBrace(line) || open.lines >= MAX_LINES) return false
  if (open.kind === 'json') {
    const { depth, inString } = depthOf(open)
    // A line that ends within a string was cut, or holds a trace that was never escaped.
    return inString ? goesOnInText(line) : depth > 0 && goesOnInJson(line)
  }
  if (goesOnInText(line)) return open.startsWithHead || !isArrayFrame(line)
  if (!open.startsWithHead) return false
  return !isHead(line) || (open.lines === 1 && isSecondLineOfHead(firstLine(open), line))
}

function append(open: OpenRecord, line: Buffer, maxBytes: number): void {
  open.lines++
  if (open.depth !== null) scan(open.depth, line)
  if (open.settled || open.bytes > maxBytes) return
  open.parts.push(line)
  open.bytes += line.length + 1
}

function depthOf(open: OpenRecord): JsonDepth {
  if (open.depth === null) {
    open.depth = { depth: 0, inString: false }
    scan(open.depth, firstLine(open))
  }
  return open.depth
}

function firstLine(open: OpenRecord): Buffer {
  return open.parts[0] ?? Buffer.alloc(0)
}

/** The record's lines, joined; an object that stood in an array loses its comma. */
function whole(open: OpenRecord): Buffer {
  const bytes = open.parts.length === 1 ? firstLine(open) : joined(open.parts, open.bytes)
  return open.kind === 'json' && bytes.at(-1) === COMMA && bytes.at(-2) === CLOSE_BRACE ? bytes.subarray(0, -1) : bytes
}

function joined(parts: readonly Buffer[], bytes: number): Buffer {
  const target = Buffer.allocUnsafe(bytes)
  let at = 0
  for (const part of parts) {
    if (at > 0) target[at++] = 10
    at += part.copy(target, at)
  }
  return target
}
