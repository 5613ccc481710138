/**
 * In: the first line of a log text and where its time ends. Out: level, thread, logger and where the message stands, or null without a level.
 *
 *   Flink     time ERROR com.acme.Orders             [ndc] - message
 *   Log4j     time [thread] ERROR com.acme.Orders - message         time ERROR [thread] com.acme.Orders - message
 *   Spring    time ERROR 1234 --- [app] [thread] c.a.Orders   : message
 *   JBoss     time ERROR [com.acme.Orders] (thread) message
 *   Elastic   [time][ERROR][o.e.c.Orders   ] [node] message
 *   Kafka     [time] ERROR [what] message (com.acme.Orders)
 *
 * A thread may hold brackets of its own (a Flink task's does). Pure; the line is bounded, and so is the work.
 */
import type { Level } from '../../event.ts'
import { parseLevel } from '../level.ts'

export interface Prefix {
  readonly level: Level | null
  readonly thread: string | null
  readonly logger: string | null
  readonly messageAt: number
  /** Where the logger stands behind the message; null where it goes on to the line's end. */
  readonly messageTo: number | null
}

type Named = Omit<Prefix, 'level'>

const LEVEL = /(?<![\w.])(?:TRACE|DEBUG|INFO|WARN|WARNING|ERROR|FATAL|SEVERE)(?![\w.])/
const PROCESS = /\s*\d+ --- /y
const BLANKS = /\s*/y
const NAME = /[\w$]+(?:[./$-][\w$]+)*/y
const LINE_NUMBER = /:\d+/y
/** Spring pads and shortens; Tomcat's loggers hold brackets and slashes. */
const SPRING_LOGGER = /(\S+)\s*:(?:\s|$)/y
/** Behind the logger: nested context in brackets, then what separates it from the message. */
const SEPARATOR = /\s*(?:\[[^\]]*\]\s*)*(?:--?|:)(?:\s+|$)/y
const LOGGER_BEHIND = /\s\(([\w$]+(?:\.[\w$]+)+)(?::\d+)?\)\s*$/
const CORRELATION = /^(?:\s+|[0-9a-f]{8,}[-,][0-9a-f]*)$/
const MAX_GROUPS = 4

export function readPrefix(line: string, timeEnd: number): Prefix | null {
  const found = LEVEL.exec(beforeJson(line))
  if (found === null) return null
  const levelEnd = found.index + found[0].length
  const before = lastGroup(line.slice(timeEnd, found.index).trimEnd())
  const named =
    spring(line, levelEnd) ?? elastic(line, levelEnd) ?? jboss(line, levelEnd) ?? kafka(line, levelEnd, timeEnd) ?? common(line, levelEnd)
  return { ...named, level: parseLevel(found[0]), thread: before ?? named.thread }
}

/** A level in a JSON object behind a prefix is not the prefix's. */
function beforeJson(line: string): string {
  const at = line.indexOf('{"')
  return at < 0 ? line : line.slice(0, at)
}

function spring(line: string, at: number): Named | null {
  const start = endOf(PROCESS, line, at)
  if (start === null) return null
  const { groups, next } = groupsAt(line, start)
  SPRING_LOGGER.lastIndex = next
  const logger = SPRING_LOGGER.exec(line)
  if (logger === null) return null
  // The application's name comes first, the trace's and span's ids last; both only where they are configured.
  const [first, second] = groups
  const thread = second === undefined || CORRELATION.test(second) ? first : second
  return { thread: thread?.trim() ?? null, logger: logger[1] ?? null, messageAt: SPRING_LOGGER.lastIndex, messageTo: null }
}

function elastic(line: string, at: number): Named | null {
  if (line.charAt(at) !== ']' && !line.startsWith(' ]', at)) return null
  const group = groupAt(line, line.indexOf(']', at) + 1)
  return group === null || !isName(group.text.trim())
    ? null
    : { thread: null, logger: group.text.trim(), messageAt: group.next, messageTo: null }
}

function jboss(line: string, at: number): Named | null {
  const logger = groupAt(line, skipBlanks(line, at))
  if (logger === null || !isName(logger.text)) return null
  const open = skipBlanks(line, logger.next)
  const close = line.charAt(open) === '(' ? line.indexOf(') ', open) : -1
  return close < 0 ? null : { thread: line.slice(open + 1, close), logger: logger.text, messageAt: close + 1, messageTo: null }
}

function kafka(line: string, at: number, timeEnd: number): Named | null {
  const match = line.charAt(timeEnd - 1) === ']' ? LOGGER_BEHIND.exec(line) : null
  return match === null ? null : { thread: null, logger: match[1] ?? null, messageAt: at, messageTo: match.index }
}

/** A name is a logger if it has a package, or if what follows separates it from the message: `boom happened` is none. */
function common(line: string, at: number): Named {
  const nothing = { thread: null, logger: null, messageAt: endOf(SEPARATOR, line, at) ?? at, messageTo: null }
  const { groups, next } = groupsAt(line, skipBlanks(line, line.charAt(at) === ']' ? at + 1 : at))
  const nameEnd = endOf(NAME, line, next)
  if (nameEnd === null) return nothing
  const name = line.slice(next, nameEnd)
  const separated = endOf(SEPARATOR, line, endOf(LINE_NUMBER, line, nameEnd) ?? nameEnd)
  const isLogger = separated !== null || (name.includes('.') && (nameEnd === line.length || line.charAt(nameEnd) === ' '))
  return isLogger ? { thread: groups[0] ?? null, logger: name, messageAt: separated ?? nameEnd, messageTo: null } : nothing
}

function isName(text: string): boolean {
  return endOf(NAME, text, 0) === text.length
}

/** The texts in brackets that stand one after the other, and where they end. */
function groupsAt(line: string, start: number): { readonly groups: readonly string[]; readonly next: number } {
  const groups: string[] = []
  let next = start
  for (let group = groupAt(line, next); group !== null && groups.length < MAX_GROUPS; group = groupAt(line, next)) {
    groups.push(group.text)
    next = skipBlanks(line, group.next)
  }
  return { groups, next }
}

/** The text between a bracket at `open` and the one that closes it. */
function groupAt(line: string, open: number): { readonly text: string; readonly next: number } | null {
  if (line.charAt(open) !== '[') return null
  let depth = 0
  for (let at = open; at < line.length; at++) {
    if (line.charAt(at) === '[') depth++
    else if (line.charAt(at) === ']' && --depth === 0) return { text: line.slice(open + 1, at), next: at + 1 }
  }
  return null
}

/** The text in brackets at the end, which may hold brackets. */
function lastGroup(text: string): string | null {
  if (!text.endsWith(']')) return null
  let depth = 0
  for (let at = text.length - 1; at >= 0; at--) {
    if (text.charAt(at) === ']') depth++
    else if (text.charAt(at) === '[' && --depth === 0) return text.slice(at + 1, -1).trim() || null
  }
  return null
}

function skipBlanks(line: string, at: number): number {
  return endOf(BLANKS, line, at) ?? at
}

/** Where a sticky pattern that begins at `at` ends, or null. */
function endOf(pattern: RegExp, line: string, at: number): number | null {
  pattern.lastIndex = at
  return pattern.test(line) ? pattern.lastIndex : null
}
