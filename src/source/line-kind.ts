/**
 * What a line is to the record before it. Pure; looks at the line's first bytes only.
 *
 *   {"@timestamp": ...            begins a record, always
 *   2026-03-01 12:00:00 ERROR ... begins a record (a head: a time or a level at its start)
 *       at com.acme.Orders...     belongs to the record before
 *   anything else                 belongs to the record before if that one began with a head
 */

const TAB = 9
const SPACE = 32
const QUOTE = 34
const COMMA = 44
const OPEN_BRACKET = 91
const CLOSE_BRACKET = 93
const OPEN_BRACE = 123
const CLOSE_BRACE = 125

/** More than any head or marker below needs. */
const LOOKED_AT = 48
const LEVEL = '(?:TRACE|DEBUG|INFO|WARN|WARNING|ERROR|FATAL|SEVERE|CONFIG|FINE)'
const TIMES = [
  String.raw`\d{4}[-/.]\d\d[-/.]\d\d`, // 2026-03-01
  String.raw`\d\d:\d\d:\d\d`, // 12:00:00
  String.raw`\d\d[-/.]\d\d[-/.]\d{2,4}[ T]`, // 01/03/26 (Spark)
  String.raw`\d{1,2}[- /][A-Z][a-z]{2}[- /]\d{4}`, // 01-Mar-2026 (Tomcat)
  String.raw`[A-Z][a-z]{2} \d{1,2}, \d{4}`, // Mar 01, 2026 (java.util.logging)
]
const HEAD = new RegExp(String.raw`^[\[(<]?(?:${TIMES.join('|')}|${LEVEL}\b)`)
const TRACE_LINE = /^(?:at |Caused by: |Suppressed: |\.\.\. \d+ )/
/** java.util.logging puts the level at the start of its second line. */
const TWO_LINE_HEAD = /^[A-Z][a-z]{2} \d{1,2}, \d{4}/
const SECOND_LINE = new RegExp(`^${LEVEL}: `)

export function isBlank(line: Buffer): boolean {
  for (const byte of line) if (byte > SPACE) return false
  return true
}

export function startsWithBrace(line: Buffer): boolean {
  return line[0] === OPEN_BRACE
}

/** Where an object begins at the start of a line, after blanks and the comma of an array; -1 where none does. */
export function objectStart(line: Buffer): number {
  for (let i = 0; i < line.length; i++) {
    const byte = line[i]
    if (byte === OPEN_BRACE) return i
    if (byte !== SPACE && byte !== TAB && byte !== COMMA) return -1
  }
  return -1
}

/** A line that holds nothing but an array's bracket or comma: what Log4j's `complete="true"` puts around its records. */
export function isArrayFrame(line: Buffer): boolean {
  const text = line.length > LOOKED_AT ? '' : line.toString('latin1').trim()
  return text === '[' || text === ']' || text === ','
}

/** Within an object that is not closed yet. */
export function goesOnInJson(line: Buffer): boolean {
  const first = line[0]
  return (
    first === SPACE ||
    first === TAB ||
    first === QUOTE ||
    first === CLOSE_BRACE ||
    first === CLOSE_BRACKET ||
    first === COMMA ||
    first === OPEN_BRACKET
  )
}

/** Whatever record it follows. */
export function goesOnInText(line: Buffer): boolean {
  const first = line[0]
  if (first === SPACE || first === TAB || first === QUOTE || first === CLOSE_BRACE || first === CLOSE_BRACKET) return true
  return TRACE_LINE.test(beginning(line))
}

export function isHead(line: Buffer): boolean {
  return HEAD.test(beginning(line))
}

/** `first` is the first line of a record, `second` what comes right after it. */
export function isSecondLineOfHead(first: Buffer, second: Buffer): boolean {
  return SECOND_LINE.test(beginning(second)) && TWO_LINE_HEAD.test(beginning(first))
}

function beginning(line: Buffer): string {
  return line.toString('latin1', 0, LOOKED_AT)
}
