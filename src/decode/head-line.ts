/**
 * In: a position in a printed stack trace. Out: the class name or the label that stands there.
 *
 *   `Caused by: <#0f7881a5> com.acme.OrderException: order 42 failed`
 *    label       hash       type                     message
 *
 *   `org.apache.hadoop.ipc.RemoteException(java.io.FileNotFoundException): no such file`
 *    carrier                               type                            message
 *
 * Hadoop's exception of a remote call names the class that was thrown over there: that one is the type, as `unwrapRemoteException` has it.
 * Looks at no more than a line, and at each character a bounded number of times. Pure; never throws.
 */

export interface Label {
  readonly kind: 'cause' | 'suppressed' | 'wrapper' | 'circular'
  /** Where the class name begins. */
  readonly at: number
}

const LABELS: readonly (readonly [string, Label['kind']])[] = [
  ['Caused by: ', 'cause'],
  ['Suppressed: ', 'suppressed'],
  ['Wrapped by: ', 'wrapper'],
]
/** A class name as it stands at a head, and where it ends: before the colon, or at the line's end. */
export interface HeadName {
  readonly type: string
  /** The class that carried the type over from another process, or null. */
  readonly carrier: string | null
  readonly end: number
}

const CIRCULAR = '[CIRCULAR REFERENCE'
/** A fully qualified class name; anything longer is prose. */
const MAX_TYPE_CHARS = 512
const TYPE = /^(?:[\p{L}_$][\p{L}\p{N}\p{M}_$-]*\.)+[\p{L}_$][\p{L}\p{N}\p{M}_$]*$/u
/** A class without a package is believed only where its name says what it is. */
const BARE_TYPE = /^[\p{Lu}][\p{L}\p{N}_$]*(?:Exception|Error|Throwable)$/u

/** A label that a class name follows; within a message, `Caused by: rain` is prose. After frames it is a label, for toString() may print anything. */
export function labelAt(text: string, at: number, to: number, isInMessage: boolean): Label | null {
  for (const [word, kind] of LABELS) {
    if (!text.startsWith(word, at)) continue
    const name = skipHash(text, at + word.length)
    if (text.startsWith(CIRCULAR, name)) return { kind: 'circular', at: name }
    return isInMessage && typeAt(text, name, to) === null ? null : { kind, at: name }
  }
  return text.startsWith(CIRCULAR, at) ? { kind: 'circular', at } : null
}

/** The class name at `at`, if it ends the line, or a colon or a semicolon (`org.xml.sax.SAXParseException; lineNumber: 1; ...`) follows it. */
export function typeAt(text: string, at: number, to: number): HeadName | null {
  const limit = Math.min(to, at + MAX_TYPE_CHARS)
  let end = at
  while (end < limit && text.charCodeAt(end) > 0x20 && text.charCodeAt(end) !== 0x3a && text.charCodeAt(end) !== 0x3b) end++
  const after = text.charCodeAt(end)
  if (end < to && after !== 0x3a && after !== 0x3b && after !== 0x0d) return null
  const name = text.slice(at, end)
  if (TYPE.test(name) || BARE_TYPE.test(name)) return { type: name, carrier: null, end }
  return name.endsWith(')') ? carried(name, end) : null
}

/** Where in a line the class name begins that a colon or the line's end follows: `failed with com.acme.OrderException: no stock`. */
export function typeWithin(text: string, at: number, to: number): number | null {
  const match = WITHIN.exec(text.slice(at, Math.min(to, at + MAX_TYPE_CHARS)))
  return match === null ? null : at + match.index
}
const WITHIN = /(?<![\w$.])(?:[a-z_]\w{0,100}\.){1,20}[A-Z][\w$]{0,150}(?=:|\s*$)/

/** `Carrier(Type)`, both with their packages. */
function carried(name: string, end: number): HeadName | null {
  const open = name.indexOf('(')
  const carrier = name.slice(0, open)
  const type = name.slice(open + 1, -1)
  return open > 0 && TYPE.test(carrier) && TYPE.test(type) ? { type, carrier, end } : null
}

/** Where the head of a trace begins: behind `Exception in thread "main" `, JBoss's `: ` and an inline hash. */
export function headAt(text: string, at: number, to: number): number {
  return skipHash(text, skipThread(text, text.startsWith(': ', at) ? at + 2 : at, to))
}

/** Where the message begins, for a type that ends at `at`. */
export function messageAt(text: string, at: number): number {
  if (text.startsWith(': ', at) || text.startsWith('; ', at)) return at + 2
  return text.charCodeAt(at) === 0x3a ? at + 1 : at
}

/** `... 7 more`, `... 12 common frames omitted`, `... 3 frames excluded`: never counted, since layouts elide differently. */
export function isElision(text: string, at: number): boolean {
  if (!text.startsWith('... ', at)) return false
  const digit = text.charCodeAt(at + 4)
  return digit >= 0x30 && digit <= 0x39
}

function skipThread(text: string, at: number, to: number): number {
  if (!text.startsWith('Exception in thread "', at)) return at
  const quote = text.slice(at, to).lastIndexOf('" ')
  return quote < 0 ? at : at + quote + 2
}

/** `<#0f7881a5> `: a hash that logback and Spring print; it moves with line numbers. */
function skipHash(text: string, at: number): number {
  if (!text.startsWith('<#', at)) return at
  const end = text.slice(at, at + 20).indexOf('> ')
  return end < 0 ? at : at + end + 2
}
