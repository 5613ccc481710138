/**
 * A record's bytes -> text without byte order mark, and without blanks and NULs at its ends. UTF-8, or UTF-16 (Log4j's `charset`) where a byte
 * order mark or the first character says so. Never throws; what is invalid becomes U+FFFD, so that the text is well-formed.
 */

const OPENERS = '{['

/** Log4j's `includeNullDelimiter` ends a record with NUL. */
export function decodeText(bytes: Buffer): string {
  const order = utf16Order(bytes)
  return withoutPadding(order === null ? bytes.toString('utf8') : fromUtf16(bytes, order))
}

export function withoutPadding(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && isPadding(text.charCodeAt(start))) start++
  while (end > start && isPadding(text.charCodeAt(end - 1))) end--
  return start === 0 && end === text.length ? text : text.slice(start, end)
}

/** Blanks, control characters, and the byte order mark. */
export function isPadding(code: number): boolean {
  return code <= 0x20 || code === 0xfeff
}

/** Without a mark, a record begins with a bracket, whose other byte is 0. */
function utf16Order(bytes: Buffer): 'le' | 'be' | null {
  const [first, second] = bytes
  if (first === undefined || second === undefined) return null
  if (first === 0xff && second === 0xfe) return 'le'
  if (first === 0xfe && second === 0xff) return 'be'
  if (second === 0 && bytes[3] === 0 && OPENERS.includes(String.fromCharCode(first))) return 'le'
  return first === 0 && bytes[2] === 0 && OPENERS.includes(String.fromCharCode(second)) ? 'be' : null
}

function fromUtf16(bytes: Buffer, order: 'le' | 'be'): string {
  const whole = bytes.subarray(0, bytes.length - (bytes.length % 2))
  return (order === 'le' ? whole : Buffer.from(whole).swap16()).toString('utf16le').toWellFormed()
}
