/**
 * Is it an OTLP request in protobuf, and is it whole? Protobuf has no mark to be known by, so every field down to the last has to be one that
 * the descriptor allows, of its wire type, and end where its message does.
 *
 * Invariant: text is never taken for it. A request that says anything holds a scope's logs, a log record or an attribute's value: each of them
 * begins with the byte 0x12, where a tag must stand, and no text holds that byte.
 * A request whose end is missing is closed: the lengths of what was open shrink to what is there, and a text that was cut gets a `…`.
 * One forward pass, bounded depth, bounded fields (a field can be two bytes and would take a hundred in memory). Pure; never throws.
 */
import { REQUEST, type WireField, type WireMessage } from './descriptor.ts'

export type Shape = 'other' | 'whole' | 'cut' | 'too_large'

/** protobufjs itself stops at 100. */
const MAX_DEPTH = 40
export const MAX_FIELDS = 1_000_000
/** The tag that no text holds: field 2, length-delimited. */
const EVIDENCE = 2

const VARINT = 0
const FIXED64 = 1
const DELIMITED = 2
const FIXED32 = 5
const CUT_MARK = Buffer.from('…')

export function shapeOf(bytes: Buffer): Shape {
  const walk = new Walk(bytes)
  const isValid = walk.request()
  if (walk.fields > MAX_FIELDS) return walk.hasEvidence ? 'too_large' : 'other'
  if (!isValid || !walk.hasEvidence) return 'other'
  return walk.isCut ? 'cut' : 'whole'
}

/** For what is `cut`: a whole request of what is there. */
export function closeCut(bytes: Buffer): Buffer {
  return Buffer.concat(closed(bytes, REQUEST, 0))
}

class Walk {
  fields = 0
  isCut = false
  hasEvidence = false
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  /** Has no length of its own: what it holds may end behind the bytes. */
  request(): boolean {
    return this.#message(REQUEST, Infinity, 0)
  }

  #message(table: WireMessage, end: number, depth: number): boolean {
    const there = Math.min(end, this.#bytes.length)
    const isOpen = end > this.#bytes.length
    while (this.#at < there) {
      if (++this.fields > MAX_FIELDS) return false
      const tag = this.#varint(there)
      if (tag === null) return this.#ranOut(isOpen)
      const field = table.get(tag >>> 3)
      if (tag >>> 3 === 0 || (field !== undefined && field.wireType !== (tag & 7)) || (field === undefined && depth === 0)) return false
      const goesOn = this.#value(tag, field, end, there, depth)
      if (goesOn !== null) return goesOn && this.#ranOut(isOpen)
    }
    if (isOpen && depth > 0) this.isCut = true
    return true
  }

  /** Null where the message goes on behind the value; false where it is none; true where the bytes end inside. */
  #value(tag: number, field: WireField | undefined, end: number, there: number, depth: number): boolean | null {
    switch (tag & 7) {
      case VARINT:
        return this.#varint(there) === null ? true : null
      case FIXED64:
        return this.#skip(8, there)
      case FIXED32:
        return this.#skip(4, there)
      case DELIMITED:
        return this.#delimited(tag, field, end, there, depth)
      default:
        return false
    }
  }

  #delimited(tag: number, field: WireField | undefined, end: number, there: number, depth: number): boolean | null {
    const length = this.#varint(there)
    if (length === null) return true
    const innerEnd = this.#at + length
    if (innerEnd > end || depth >= MAX_DEPTH) return false
    const inner = field?.inner ?? null
    if (inner === null) return this.#skip(length, there)
    if (tag >>> 3 === EVIDENCE) this.hasEvidence = true
    return this.#message(inner, innerEnd, depth + 1) ? null : false
  }

  #skip(bytes: number, there: number): true | null {
    this.#at += bytes
    if (this.#at <= there) return null
    this.#at = there
    return true
  }

  #ranOut(isOpen: boolean): boolean {
    if (isOpen) this.isCut = true
    return isOpen
  }

  /** Null where the bytes end inside, or where it is longer than any varint. More than 32 bits are read and not looked at. */
  #varint(there: number): number | null {
    const read = varintAt(this.#bytes, this.#at, there)
    this.#at = read?.next ?? there
    return read?.value ?? null
  }
}

/** The bytes from `start` on, which are a message that ends too late. */
function closed(bytes: Buffer, table: WireMessage, start: number): Buffer[] {
  let at = start
  while (at < bytes.length) {
    const tag = varintAt(bytes, at, bytes.length)
    if (tag === null) break
    const field = table.get(tag.value >>> 3)
    const next = endOfValue(bytes, tag.value & 7, tag.next)
    if (next !== null && next <= bytes.length) {
      at = next
      continue
    }
    const length = (tag.value & 7) === DELIMITED ? varintAt(bytes, tag.next, bytes.length) : null
    if (length === null || field === undefined) break
    const content =
      field.inner === null ? [bytes.subarray(length.next), ...(field.isText ? [CUT_MARK] : [])] : closed(bytes, field.inner, length.next)
    return [bytes.subarray(start, tag.next), asVarint(content.reduce((sum, part) => sum + part.length, 0)), ...content]
  }
  return [bytes.subarray(start, at)]
}

/** Perhaps behind the bytes; null where even the length is missing. */
function endOfValue(bytes: Buffer, wireType: number, at: number): number | null {
  if (wireType === FIXED64) return at + 8
  if (wireType === FIXED32) return at + 4
  const read = varintAt(bytes, at, bytes.length)
  if (read === null) return null
  return wireType === DELIMITED ? read.next + read.value : read.next
}

function varintAt(bytes: Buffer, start: number, end: number): { readonly value: number; readonly next: number } | null {
  let value = 0
  for (let at = start; at < end && at < start + 10; at++) {
    const byte = bytes[at] ?? 0
    if (at < start + 5) value += (byte & 0x7f) * 2 ** ((at - start) * 7)
    if (byte < 0x80) return { value, next: at + 1 }
  }
  return null
}

function asVarint(value: number): Buffer {
  const bytes: number[] = []
  for (; value >= 0x80; value = Math.floor(value / 128)) bytes.push((value % 128) + 0x80)
  bytes.push(value)
  return Buffer.from(bytes)
}
