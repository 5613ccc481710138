/**
 * The names under which anybody who writes JSON puts level, message, time, logger, thread and host at a record's root. In: the root. Out: the value, and
 * in `taken` the key that it stood under: only what was taken is no context. A key may be somebody's context (`level: "L2"`, `time: 15`), so a
 * value counts only where it can be what the name says. Pure.
 */
import { agreedLevel, parseLevel } from '../level.ts'
import { millisTime, parseTime } from '../time.ts'
import { field, first, isObject, isThere, type JsonObject } from '../value.ts'

export interface Root {
  readonly of: JsonObject
  /** Keys that are something else. */
  readonly own: ReadonlySet<string>
  readonly taken: string[]
}

const LEVEL = [
  'level',
  'severity',
  'log.level',
  'loglevel',
  'logLevel',
  'log_level',
  'level_name',
  'levelname',
  'lvl',
  'Level',
  'LEVEL',
] as const
const LEVEL_NUMBER = ['level_value'] as const
const ANY_LEVEL = [...LEVEL, ...LEVEL_NUMBER] as const
/** What nobody calls anything else. */
const SURE_MESSAGE = ['message', 'msg', '@message', 'formattedMessage'] as const
const MESSAGE = ['message', 'msg', 'short_message', 'formattedMessage', 'text', 'body', 'Message', '@message'] as const
const MILLIS = ['timeMillis'] as const
const STAMP = ['@timestamp'] as const
/** By whoever logs; `@timestamp` may be by whoever ships. */
const LOGGED_AT = ['timestamp', 'time', 'ts', 'datetime', 'Timestamp'] as const
const TIME = [...LOGGED_AT, 'date', 'eventTime', 'event_time'] as const
/** A shipper reads a line soon after it was written. A time further off is another one. */
const MAX_SHIPPING_MS = 24 * 60 * 60_000
const LOGGER = ['loggerName', 'logger_name', 'logger', 'log.logger', 'Logger'] as const
/** Also a word for many other things. */
const CATEGORY = ['category'] as const
const DOTTED = /^[\w$]+(?:\.[\w$]+)+$/
const THREAD = ['thread', 'threadName', 'thread_name', 'process.thread.name'] as const
const HOST = ['host.name', 'hostname', 'hostName', 'source_host', '@source_host', 'host'] as const

export function hasLevel(record: JsonObject): boolean {
  return first(record, ANY_LEVEL) !== undefined
}

export function hasKnownLevel(record: JsonObject): boolean {
  return ANY_LEVEL.some((name) => isLevel(record[name]))
}

/** As a word: a number may be a player's. */
export function hasLevelWord(record: JsonObject): boolean {
  return LEVEL.some((name) => isLevelWord(record[name]))
}

export function isLevelWord(value: unknown): boolean {
  return typeof value === 'string' && !DIGITS.test(value) && parseLevel(value) !== null
}
const DIGITS = /^\s*\d/

export function hasPlace(record: JsonObject): boolean {
  return first(record, LOGGER) !== undefined || first(record, THREAD) !== undefined
}

export function hasMessage(record: JsonObject): boolean {
  return first(record, MESSAGE) !== undefined
}

/** A level of a name that we do not know is one, if there is no other. */
export function levelIn(root: Root): unknown {
  const name = take(root, LEVEL, isLevel)
  const level = agreedLevel(name, take(root, LEVEL_NUMBER, isLevel))
  return level ?? take(root, LEVEL)
}

export function messageIn(root: Root): unknown {
  return take(root, MESSAGE)
}

export function sureMessageIn(root: Root): unknown {
  return take(root, SURE_MESSAGE)
}

export function timeIn(root: Root): number | null {
  const timeMs = millisTime(take(root, MILLIS, isMillis))
  if (timeMs !== null) return timeMs
  const stampedMs = parseTime(take(root, STAMP, isTime))
  const isNear = (value: unknown) => isTimeNear(value, stampedMs)
  return parseTime(take(root, stampedMs === null ? TIME : LOGGED_AT, isNear)) ?? stampedMs
}

export function loggerIn(root: Root): unknown {
  return take(root, LOGGER) ?? take(root, CATEGORY, isDotted)
}

export function threadIn(root: Root): unknown {
  return take(root, THREAD)
}

export function hostIn(root: Root): unknown {
  if (!isObject(root.of['host'])) return take(root, HOST)
  root.taken.push('host')
  return field(root.of, 'host', 'name')
}

/** The first of `names` that holds one. */
export function take(root: Root, names: readonly string[], isOne: (value: unknown) => boolean = isThere): unknown {
  for (const name of names) {
    const value = root.of[name]
    if (value === undefined || !isOne(value) || root.own.has(name)) continue
    root.taken.push(name)
    return value
  }
  return undefined
}

function isLevel(value: unknown): boolean {
  return value !== undefined && parseLevel(value) !== null
}

function isMillis(value: unknown): boolean {
  return millisTime(value) !== null
}

function isTime(value: unknown): boolean {
  return parseTime(value) !== null
}

function isTimeNear(value: unknown, stampedMs: number | null): boolean {
  const timeMs = parseTime(value)
  return timeMs !== null && (stampedMs === null || Math.abs(stampedMs - timeMs) <= MAX_SHIPPING_MS)
}

function isDotted(value: unknown): boolean {
  return typeof value === 'string' && DOTTED.test(value)
}
