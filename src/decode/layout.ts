/**
 * What a layout is to the decoder: how it is recognised, and where its fields are. A reader only points at raw values; `finish.ts` makes
 * them well-typed and bounded, in one place for all layouts. A reader is pure and never throws, whatever the values are.
 */
import type { Layout } from '../event.ts'
import type { JsonObject } from './value.ts'

export interface LayoutReader {
  readonly layout: Layout
  matches(record: JsonObject): boolean
  read(record: JsonObject): Reading
}

/** Raw values by meaning. What a layout does not have is left out. */
export interface Reading {
  readonly timeMs: number | null
  readonly level: unknown
  readonly message: unknown
  readonly messageTemplate?: unknown
  readonly logger?: unknown
  readonly thread?: unknown
  readonly host?: unknown
  readonly serviceName?: unknown
  readonly serviceVersion?: unknown
  readonly environment?: unknown
  /** Text, or an object that holds type, message, trace and cause under any of their usual names: see `throwable.ts`. */
  readonly throwable?: unknown
  readonly tags?: readonly unknown[]
  /** Maps, or lists of `{key, value}`, in order; then the root keys that are not the layout's own. */
  readonly context?: readonly unknown[]
  readonly rest?: {
    readonly of: JsonObject
    readonly own: ReadonlySet<string>
    /** Keys that became something else in this record. */
    readonly taken?: readonly string[]
    readonly prefix?: string
  }
}
