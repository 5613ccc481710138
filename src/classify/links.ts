/**
 * In: a throwable, or the log message where there is none. Out: the exceptions that rules may ask for.
 *
 * These are the chain, outermost first, and behind it what only a message tells of, as `toString()` prints it: code that passes on `e.toString()`
 * loses the cause, not its name: `TTransportException: java.net.SocketTimeoutException: Read timed out`. Such a link has no frames.
 * Bound: MAX_LINKS. Pure; never throws.
 */
import { chainOf, type Link } from '../fingerprint/algorithms.ts'
import type { Subject } from '../fingerprint/known-traces.ts'

/** A chain has at most 50. */
const MAX_LINKS = 100
/** `a.b.CException` or `a.b.CException$D`; a name is not longer than this. */
const PRINTED = /^(?:[\p{L}_$][\p{L}\p{N}_$]*\.){1,40}[\p{L}\p{N}_$]*(?:Exception|Error|Throwable)(?:\$[\p{L}\p{N}_$]+)?$/u
const MAX_TYPE_CHARS = 256

export type { Link }

export function linksOf({ throwable, message }: Pick<Subject, 'throwable' | 'message'>): readonly Link[] {
  const links = throwable === null ? printedIn(message) : [...chainOf(throwable)]
  for (let i = 0; i < links.length && links.length < MAX_LINKS; i++) {
    for (const link of printedIn(links[i]!.message)) if (!links.some((one) => isSame(one, link))) links.push(link)
  }
  return links
}

/** None, or the one that the text begins with. */
function printedIn(text: string | null): Link[] {
  if (text === null) return []
  const colon = text.indexOf(': ')
  const type = colon < 0 ? text : text.slice(0, colon)
  if (type.length > MAX_TYPE_CHARS || !PRINTED.test(type)) return []
  return chainOf({ type, message: colon < 0 ? null : text.slice(colon + 2), frames: [], cause: null, suppressed: [] })
}

function isSame(a: Link, b: Link): boolean {
  return a.type === b.type && a.message === b.message
}
