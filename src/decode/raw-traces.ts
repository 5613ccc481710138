/**
 * The stack traces that come again and again, by their raw bytes. In: a record and where in it a trace's JSON value begins (a text in quotes,
 * or an object). Out: the same value, parsed once for all, if the very same bytes were seen before; else null, and it is learnt when it
 * comes a second time, so that traces that come once push nothing out.
 *
 *   record   ..."error.stack_trace":"com.acme.OrderException: order 42 failed\n\tat ...","tags":...
 *                                   ^ start                                            ^ stop: the next quote, or `]` in an object
 *
 * Where the value ends is not looked for: up to `stop` some sampled words make the probe, and a full compare decides, as long as what is
 * known. Traces that share a probe are a family: mostly one trace with different numbers in its messages. A family remembers where its
 * members differ and looks there first.
 *
 * Invariant: what is given back is what JSON.parse says of the bytes that stand there. A collision costs time, never a wrong answer.
 * Bound: `MAX_WEIGHT`, least recently used family first; `MAX_MEMBERS` of a family.
 * All numbers here: `npm run bench decode`.
 */
import { LRUCache } from 'lru-cache'
import { parseJson } from './json-records.ts'
import { valueEnd } from './json-scan.ts'
import { KnownTrace } from './known-trace.ts'

/** In bytes, roughly: some 4,000 texts of 4 KB, or 700 objects of 8 KB. */
const MAX_WEIGHT = 32 * 1024 * 1024
const MAX_MEMBERS = 64
/** A larger value is not worth its place. */
const MAX_VALUE_BYTES = 262_144
/** Probes of traces that came once and may come again. */
const MAX_SEEN = 16_384

/** Words sampled over the whole, and bytes read in full at the beginning, where the message stands. */
const SAMPLES = 32
const DENSE_BYTES = 160
const SEED = 0x811c9dc5
const PRIME = 0x01000193

const QUOTE = 0x22
const CLOSING_BRACKET = 0x5d

interface Family {
  readonly members: readonly KnownTrace[]
  /** Where the newest differs from the first, counted from the beginning. */
  readonly differsAt: number
}

export class RawTraces {
  readonly #families = new LRUCache<number, Family>({ maxSize: MAX_WEIGHT, sizeCalculation: weightOf })
  readonly #seen = new LRUCache<number, true>({ max: MAX_SEEN })

  find(record: Buffer, start: number): KnownTrace | null {
    const stop = record.indexOf(record[start] === QUOTE ? QUOTE : CLOSING_BRACKET, start + 1)
    if (stop < 0) return null
    const probe = probeOf(record, start, stop)
    const family = this.#families.get(probe)
    if (family === undefined) return this.#isSeenAgain(probe) ? this.#learn(record, start, probe, NO_FAMILY) : null
    const { members, differsAt } = family
    const word = wordAt(record, start + differsAt)
    for (const known of members) if (wordAt(known.raw, differsAt) === word && isAt(known.raw, record, start)) return known
    const next = wordAt(record, start + differsAt + 4)
    return this.#isSeenAgain(mix(mix(probe, word), next)) ? this.#learn(record, start, probe, family) : null
  }

  #isSeenAgain(probe: number): boolean {
    if (this.#seen.delete(probe)) return true
    this.#seen.set(probe, true)
    return false
  }

  #learn(record: Buffer, start: number, probe: number, family: Family): KnownTrace | null {
    const end = valueEnd(record, start, MAX_VALUE_BYTES)
    if (end === null) return null
    const raw = Buffer.from(record.subarray(start, end)) // a copy: the record may be part of a large batch
    const value = parseJson(raw.toString('utf8'))
    if (value === undefined) return null
    const known = new KnownTrace(raw, value)
    const first = family.members[0]
    const differsAt = first === undefined ? 0 : firstDifference(first.raw, raw)
    this.#families.set(probe, { members: [known, ...family.members.slice(0, MAX_MEMBERS - 1)], differsAt })
    return known
  }
}

const NO_FAMILY: Family = { members: [], differsAt: 0 }

function weightOf({ members }: Family): number {
  return members.reduce((sum, { weight }) => sum + weight, 1)
}

function probeOf(record: Buffer, start: number, stop: number): number {
  const stride = Math.max(4, Math.floor((stop - start) / SAMPLES))
  let hash = mix(SEED, stop - start)
  for (let at = start; at < stop - 4; at += stride) hash = mix(hash, wordAt(record, at))
  const denseEnd = Math.min(start + DENSE_BYTES, stop) - 4
  for (let at = start; at < denseEnd; at += 4) hash = mix(hash, wordAt(record, at))
  return hash
}

/** FNV-1a by words. */
function mix(hash: number, word: number): number {
  return Math.imul(hash ^ word, PRIME)
}

/** Four bytes; those past the end are 0. */
function wordAt(bytes: Buffer, at: number): number {
  return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24)
}

function isAt(raw: Buffer, record: Buffer, start: number): boolean {
  const end = start + raw.length
  return end <= record.length && raw.compare(record, start, end) === 0
}

function firstDifference(a: Buffer, b: Buffer): number {
  let at = 0
  while (at < a.length && a[at] === b[at]) at++
  return at
}
