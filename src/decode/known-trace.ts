/**
 * A trace whose raw bytes are known: its parsed value, and the throwables that events were given of it. The same value gives the same throwable
 * object, marked as shared, so that what later stages find out about it is found out once.
 */
import type { Limits } from './limits.ts'
import type { LoggedThrowable } from '../event.ts'
import { share } from './shared-throwable.ts'
import { endingOf, type Ending } from './trace-end.ts'
import { readThrowable, type ReadThrowable } from './throwable.ts'

/** Of one text, with different types and messages beside it. */
const MAX_HEADS = 4
/** What a parsed value holds in memory, in bytes for each of its raw ones. */
const TEXT_WEIGHT = 1
const OBJECT_WEIGHT = 4

export class KnownTrace {
  readonly raw: Buffer
  readonly value: unknown
  #cuts: 'none' | 'some' | 'hopeless' = 'none'
  readonly #reads: ReadThrowable[] = []
  #ending: Ending | null = null

  constructor(raw: Buffer, value: unknown) {
    this.raw = raw
    this.value = value
  }

  get weight(): number {
    return this.raw.length * (1 + (typeof this.value === 'string' ? TEXT_WEIGHT : OBJECT_WEIGHT))
  }

  /** True where it stood in no place that a reader looks at when it was first met: then cutting it out again is a waste. */
  get isHopeless(): boolean {
    return this.#cuts === 'hopeless'
  }

  noteCut(hasWorked: boolean): void {
    if (hasWorked) this.#cuts = 'some'
    else if (this.#cuts === 'none') this.#cuts = 'hopeless'
  }

  /** As `readThrowable`, of any value. The limits are always the same. */
  readonly read = (value: unknown, limits: Limits): ReadThrowable => {
    const whole = this.#reads[0]
    if (value === this.value && typeof value === 'object' && whole !== undefined) return whole
    const read = readThrowable(value, limits, this.#endOf)
    const { throwable } = read
    if (throwable === null || !this.#isOfThis(value, throwable)) return read
    const same = this.#reads.find((one) => one.throwable !== null && hasSameHead(one.throwable, throwable))
    if (same !== undefined) return same
    if (this.#reads.length === MAX_HEADS) return read
    share(throwable)
    this.#reads.push(read)
    return read
  }

  readonly #endOf = (text: string): Ending => (text === this.value ? (this.#ending ??= endingOf(text)) : endingOf(text))

  #isOfThis(value: unknown, throwable: LoggedThrowable): boolean {
    return throwable.form === 'text' ? throwable.text === this.value : value === this.value
  }
}

function hasSameHead(a: LoggedThrowable, b: LoggedThrowable): boolean {
  return a.form === 'text' && b.form === 'text' && a.type === b.type && a.message === b.message
}
