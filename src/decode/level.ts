/**
 * Level names and numbers of Log4j, Logback, java.util.logging, syslog, Google Cloud, Python and pino -> our six levels. Pure.
 * Null where the value says nothing; the caller decides what an event without a level is.
 */
import type { Level } from '../event.ts'

const NAMES: ReadonlyMap<string, Level> = new Map<string, Level>([
  ...names('TRACE', 'TRACE', 'FINEST', 'FINER', 'ALL'),
  ...names('DEBUG', 'DEBUG', 'FINE', 'CONFIG', 'VERBOSE'),
  ...names('INFO', 'INFO', 'INFORMATION', 'INFORMATIONAL', 'NOTICE', 'DEFAULT'),
  ...names('WARN', 'WARN', 'WARNING'),
  // java.util.logging has nothing above SEVERE; Log4j's own bridge makes it ERROR too.
  ...names('ERROR', 'ERROR', 'ERR', 'SEVERE'),
  ...names('FATAL', 'FATAL', 'CRITICAL', 'CRIT', 'ALERT', 'EMERGENCY', 'EMERG', 'PANIC'),
])

/** Lower bounds of the number ranges that are in use, highest first: each scale has its own stretch. */
const NUMBERS: readonly (readonly [number, Level])[] = [
  // Logback, Log4j 1
  [50_000, 'FATAL'],
  [40_000, 'ERROR'],
  [30_000, 'WARN'],
  [20_000, 'INFO'],
  [10_000, 'DEBUG'],
  [5_000, 'TRACE'],
  // java.util.logging
  [1_000, 'ERROR'],
  [900, 'WARN'],
  [800, 'INFO'],
  [500, 'DEBUG'],
  [300, 'TRACE'],
  // Log4j 2's most specific ones
  [200, 'ERROR'],
  [100, 'FATAL'],
  // pino, bunyan
  [60, 'FATAL'],
  [50, 'ERROR'],
  [40, 'WARN'],
  [30, 'INFO'],
  [20, 'DEBUG'],
  [10, 'TRACE'],
  // syslog: smaller is worse
  [7, 'DEBUG'],
  [5, 'INFO'],
  [4, 'WARN'],
  [3, 'ERROR'],
  [0, 'FATAL'],
]

export function parseLevel(value: unknown): Level | null {
  if (typeof value === 'number') return numberLevel(value)
  if (typeof value !== 'string' || value.length > 20) return null
  const exact = NAMES.get(value)
  if (exact !== undefined) return exact
  const name = value.trim().toUpperCase()
  return NAMES.get(name) ?? (/^\d{1,5}$/.test(name) ? numberLevel(Number(name)) : null)
}

/**
 * Of a level's name and its number, where a record has both: the name, unless it is none or Logback's number says something else. A context key may have
 * replaced it. Smaller numbers mean one thing here and another there.
 */
export function agreedLevel(name: unknown, number: unknown): unknown {
  const level = parseLevel(number)
  const named = parseLevel(name)
  if (level === null || level === named) return name
  return named === null || Number(number) >= LOGBACK_LOWEST ? number : name
}
const LOGBACK_LOWEST = 5_000

function numberLevel(value: number): Level | null {
  if (!Number.isInteger(value)) return null
  return NUMBERS.find(([from]) => value >= from)?.[1] ?? null
}

function names(level: Level, ...known: string[]): [string, Level][] {
  return known.map((name) => [name, level])
}
