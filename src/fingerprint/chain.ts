/**
 * In: a throwable. Out: its chain as a list, outermost first, with real types, and with frames that only this exception has.
 *
 * Layouts differ in how many of the frames that a cause shares with its enclosing exception they repeat (`... 7 more`), so
 * shared ones are left out for all. Types are as in keys: `$` as `.`, numbers of anonymous classes cut. Pure; never throws.
 */
import type { Frame, Throwable } from '../event.ts'
import { isPureWrapper, isSerialized } from './exception-types.ts'
import { normaliseClass } from './frames.ts'

const MAX_CAUSES = 50
/** A message that begins with a longer word does not begin with a class name. */
const MAX_TYPE_CHARS = 512
const TYPE = /^[\p{L}_$][\p{L}\p{N}_$]*(?:\.[\p{L}_$][\p{L}\p{N}_$]*)+$/u

export interface Link {
  readonly type: string
  readonly message: string | null
  readonly frames: readonly Frame[]
}

/** At least one link. */
export function chainOf(throwable: Throwable): Link[] {
  const links: Link[] = []
  let enclosing: readonly Frame[] = []
  for (let at: Throwable | null = throwable; at !== null && links.length < MAX_CAUSES; at = at.cause) {
    links.push({ ...named(at), frames: withoutShared(at.frames, enclosing) })
    enclosing = at.frames
  }
  return links
}

/** A listed wrapper, or one that was given nothing but its cause: `new RuntimeException(cause)`. */
export function isWrapper(link: Link, cause: Link | undefined): boolean {
  if (isPureWrapper(link.type) || isAbortedJob(link)) return true
  if (cause === undefined) return false
  return link.message !== null && link.message === (cause.message === null ? cause.type : `${cause.type}: ${cause.message}`)
}

/** Spark repeats what failed in one long message. */
function isAbortedJob({ type, message }: Link): boolean {
  return type === 'org.apache.spark.SparkException' && message?.startsWith('Job aborted') === true
}

/** `T: T: msg` is `T: msg`, and Flink's SerializedThrowable stands for what its message names. */
function named({ type, message }: Throwable): { type: string; message: string | null } {
  const own = typeKey(type)
  if (message === null || message === 'null') return { type: own, message: null } // logback prints `: null` for no message
  const colon = message.indexOf(': ')
  const first = colon < 0 ? message : message.slice(0, colon)
  const rest = colon < 0 ? null : message.slice(colon + 2)
  if (first.length > MAX_TYPE_CHARS || !TYPE.test(first)) return { type: own, message }
  const inner = typeKey(first)
  return isSerialized(type) || inner === own ? { type: inner, message: rest } : { type: own, message }
}

export function typeKey(type: string): string {
  return normaliseClass(type).replaceAll('$', '.').replace(/\.+$/, '')
}

function withoutShared(frames: readonly Frame[], enclosing: readonly Frame[]): readonly Frame[] {
  let shared = 0
  const limit = Math.min(frames.length, enclosing.length)
  while (shared < limit && isSame(frames[frames.length - 1 - shared]!, enclosing[enclosing.length - 1 - shared]!)) shared++
  return shared === 0 ? frames : frames.slice(0, frames.length - shared)
}

function isSame(a: Frame, b: Frame): boolean {
  return a.line === b.line && a.method === b.method && a.className === b.className
}
