/**
 * In: what a record holds, for one in which the layout names no trace. Out: the first printed Java stack trace in it, whatever its field is called and
 * however deep it stands; null where there is none.
 *
 *   {"level":"ERROR","message":"boom","failure":{"type":"a.B","text":"a.B: x\n\tat ..."}}
 *
 * A text is one only if a frame stands in it and a class name at the head of a line before that: code and prose speak of frames, too. Where the
 * exception's type is known from elsewhere, the text must name it, or be frames from its first line on: records also hold dumps of other threads, and
 * errors that came before. Bounded: `MAX_VALUES` values, `MAX_DEPTH` levels, and of each text one scan. Pure; never throws.
 */
import { findTrace } from './find-trace.ts'
import { FRAME, withLines } from './trace-lines.ts'

const MAX_VALUES = 1_024
const MAX_DEPTH = 5
/** `\tat a.B.c(B.java)` and the head before it are not shorter. */
const MIN_CHARS = 24
/** What such a text quotes is a record's of its own. */
const JSON_START = /^\s*[[{]/
/** A trace without its head. */
const FRAMES_ALONE = /^\s{0,8}at [\w$.<>/-]+\(/

export interface StrayTrace {
  /** A text, or a list of lines. */
  readonly throwable: unknown
  /** The same, or the list in which it stands: what need not be kept as context. Undefined where more stands there than the trace. */
  readonly holder: unknown
}

/** `type`: what was thrown, where somebody else says it. */
export function findStrayTrace(value: unknown, type: string | null = null): StrayTrace | null {
  return new Search(type).within(value, 0)
}

class Search {
  readonly #type: string | null
  #left = MAX_VALUES

  constructor(type: string | null) {
    this.#type = type
  }

  within(value: unknown, depth: number): StrayTrace | null {
    if (this.#left-- <= 0) return null
    if (typeof value === 'string') return this.#traceIn(value, value)
    if (typeof value !== 'object' || value === null || depth > MAX_DEPTH) return null
    const ofLines = isListOfLines(value) ? this.#traceIn(value.join('\n'), value) : null
    if (ofLines !== null) return ofLines
    // A list and an object are read alike; the key comes from the object, so the value is there.
    for (const key in value) {
      const found = this.within((value as Record<string, unknown>)[key], depth + 1)
      if (found !== null) return depth > 0 && Array.isArray(value) && found.holder !== undefined ? { ...found, holder: value } : found
    }
    return null
  }

  /** `value`: the text, or its lines. What stands before the first class name is not the trace's. */
  #traceIn(raw: string, value: string | readonly string[]): StrayTrace | null {
    if (raw.length < MIN_CHARS || !FRAME.test(raw)) return null
    const text = JSON_START.test(raw) ? raw : withLines(raw)
    const found = findTrace(text)
    const isIt = this.#type === null ? found !== null : found === null ? FRAMES_ALONE.test(text) : text.includes(simpleName(this.#type))
    if (!isIt) return null
    return found === null || found.start === 0
      ? { throwable: value, holder: value }
      : { throwable: text.slice(found.start), holder: text.slice(0, found.from).trim() === '' ? value : undefined }
  }
}

/** Joined only where it may be a trace: by one of its first lines. */
function isListOfLines(value: object): value is readonly string[] {
  if (!Array.isArray(value) || value.length < 2 || value.length > 8_192) return false
  return value.every((line) => typeof line === 'string') && value.slice(0, 8).some((line: string) => FRAME.test(line))
}

function simpleName(type: string): string {
  return type.slice(type.lastIndexOf('.') + 1)
}
