/** A record's bytes -> text without byte order mark, and without blanks and NULs at its ends. Never throws; invalid UTF-8 becomes U+FFFD. */

/** Log4j's `includeNullDelimiter` ends a record with NUL. */
export function decodeText(bytes: Buffer): string {
  return withoutPadding(bytes.toString('utf8'))
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
