/**
 * In: a throwable. Out: its chain as a list, outermost first, with real types, and with frames that only this exception has.
 *
 * Layouts differ in how many of the frames that a cause shares with its enclosing exception they repeat (`... 7 more`), so
 * shared ones are left out for all. Types are as in keys: `$` as `.`, numbers of anonymous classes cut. Pure; never throws.
 */
import type { Frame, Throwable } from '../event.ts'
import { fullName, isShortFor } from './abbreviated.ts'
import { isPureWrapper, isSerialized } from './exception-types.ts'
import { normaliseClass } from './frames.ts'
import { pythonFrames } from './traceback.ts'

const MAX_CAUSES = 50
/** A message that begins with a longer word does not begin with a class name. */
const MAX_TYPE_CHARS = 512
const TYPE = /^[\p{L}_$][\p{L}\p{N}_$]*(?:\.[\p{L}_$][\p{L}\p{N}_$]*)+$/u

/** Java 17 and later: the second use of a class that failed to initialise names what happened at the first: `Exception a.B: msg [in thread "main"]`. */
const INITIALIZER_ERROR = 'java.lang.ExceptionInInitializerError'
const RECORDED = 'Exception '
const RECORDED_TAIL = / \[in thread "[^"]*"\]$/
const CLOJURE_INFO = 'clojure.lang.ExceptionInfo'
/** Its `toString()` puts the place before the message, which a structured layout gives alone. */
const SAX_ERROR = 'org.xml.sax.SAXParseException'
const SAX_PLACE = /^(?:(?:publicId|systemId|lineNumber|columnNumber): [^;]{0,512}; ){1,4}/

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
    links.push({ ...named(at), frames: [...pythonFrames(at.message), ...withoutShared(at.frames, enclosing)] })
    enclosing = at.frames
  }
  return closesCircle(links) ? links.slice(0, -1) : links
}

/** Printed traces stop where a chain comes back to itself; Log4j's structure names the first of the circle once more. */
function closesCircle(links: readonly Link[]): boolean {
  const { type, message, frames } = links.at(-1)!
  const first = frames[0]
  return links
    .slice(0, -1)
    .some(
      (one) =>
        one.type === type &&
        one.message === message &&
        (first === undefined || (one.frames[0] !== undefined && isSame(one.frames[0], first))),
    )
}

/** A listed wrapper, or one that was given nothing but its cause: `new RuntimeException(cause)`. */
export function isWrapper(link: Link, cause: Link | undefined): boolean {
  if (isPureWrapper(link.type) || isAbortedJob(link)) return true
  if (cause === undefined || link.message === null) return false
  const said = namedBy(link.message) ?? { type: link.message, message: null }
  return (said.type === cause.type || isShortFor(cause.type, said.type)) && said.message === cause.message
}

/** Spark repeats what failed in one long message. */
function isAbortedJob({ type, message }: Link): boolean {
  return type === 'org.apache.spark.SparkException' && message?.startsWith('Job aborted') === true
}

/** `T: T: msg` is `T: msg`, and Flink's SerializedThrowable stands for what its message names, as does what a JVM keeps of a class that could not be initialised. */
function named({ type, message }: Throwable): { type: string; message: string | null } {
  const own = typeKey(type)
  if (message === null || message === 'null') return { type: own, message: null } // logback prints `: null` for no message
  const recorded = own === INITIALIZER_ERROR && message.startsWith(RECORDED) ? RECORDED_TAIL.exec(message.slice(-MAX_TYPE_CHARS)) : null
  if (recorded !== null) return namedBy(message.slice(RECORDED.length, -recorded[0].length)) ?? { type: own, message }
  if (own === CLOJURE_INFO) return { type: own, message: withoutData(message) }
  if (own === SAX_ERROR) return { type: own, message: message.replace(SAX_PLACE, '') }
  const inner = namedBy(message)
  return inner !== null && (isSerialized(type) || inner.type === own) ? inner : { type: own, message }
}

/** A text as `toString()` prints an exception. Null: it begins with no class name. */
function namedBy(text: string): { type: string; message: string | null } | null {
  const colon = text.indexOf(': ')
  const first = colon < 0 ? text : text.slice(0, colon)
  if (first.length > MAX_TYPE_CHARS || !TYPE.test(first)) return null
  return { type: typeKey(first), message: colon < 0 ? null : text.slice(colon + 2) }
}

/** `order failed {:id 42}`: printed with the data that a structured layout leaves out. */
function withoutData(message: string): string {
  const data = message.indexOf(' {')
  return data > 0 && message.endsWith('}') ? message.slice(0, data) : message
}

export function typeKey(type: string): string {
  return fullName(normaliseClass(type).replaceAll('$', '.').replace(/\.+$/, ''))
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
