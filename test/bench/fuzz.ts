/**
 * Bytes that nobody logs, through decode, redact and analyse as in the stream: does anything throw, and what takes longest?
 *
 * TRACEFOLD_FUZZ_LINES lines (a million unless said) from TRACEFOLD_FUZZ_SEED, and lines of 1 MiB of what parsers and expressions stumble over. A line that takes longer
 * than it may is tried again, with empty caches: a pause of the machine or of the memory's cleaner does not come twice at the same line. Takes some minutes.
 */
import { createAnalyser } from '../../src/classify/analyse.ts'
import { loadPatterns } from '../../src/classify/load.ts'
import { schema } from '../../src/config/schema.ts'
import { createDecoder } from '../../src/decode/decode.ts'
import { NO_REDACTION_RULES } from '../../src/decode/redaction-file.ts'
import { createRedactor } from '../../src/decode/redactor.ts'
import { fuzzedLines } from './fuzz-lines.ts'
import { hostileLines } from './hostile-lines.ts'
import { stopwatch } from './stopwatch.ts'
import { machine, say } from './support.ts'

const { redactEvent } = createRedactor(NO_REDACTION_RULES)

const LINES = 1_000_000
const SEED = 42
const MAY_TAKE_MS = 50
const TRIES = 3
/** Failures that are printed whole. */
const SHOWN = 5

type Run = (line: Buffer) => number

interface Found {
  readonly crashes: string[]
  events: number
  slowestMs: number
  /** Took too long once; took too long again. */
  slow: number
  slowAgain: number
}

export function benchFuzz(): void {
  const lines = numberFrom('TRACEFOLD_FUZZ_LINES', LINES)
  const seed = numberFrom('TRACEFOLD_FUZZ_SEED', SEED)
  say('machine', machine())
  const found: Found = { crashes: [], events: 0, slowestMs: 0, slow: 0, slowAgain: 0 }
  const run = runner(found)
  for (const line of fuzzedLines(seed, lines)) tried(line, run, found)
  say(`crashes of ${lines} fuzzed lines (seed ${seed}, ${found.events} events)`, String(found.crashes.length), '0')
  for (const crash of found.crashes.slice(0, SHOWN)) console.log(`    ${crash}`)
  say('slowest of them', `${found.slowestMs.toFixed(1)} ms`, `${MAY_TAKE_MS} ms`)
  say(`over ${MAY_TAKE_MS} ms; when tried again`, `${found.slow}; ${found.slowAgain}`, '-; 0')
  for (const [name, all] of hostileLines()) benchHostile(name, all)
}

function benchHostile(name: string, lines: readonly Buffer[]): void {
  const found: Found = { crashes: [], events: 0, slowestMs: 0, slow: 0, slowAgain: 0 }
  const slowestMs = Math.max(...lines.map((line) => bestMs(line, found)))
  say(
    `1 MiB of ${name}`,
    `${slowestMs.toFixed(1)} ms${found.crashes.length === 0 ? '' : `, CRASH ${found.crashes[0]}`}`,
    `${MAY_TAKE_MS} ms`,
  )
}

function tried(line: Buffer, run: Run, found: Found): void {
  const ms = run(line)
  if (ms <= MAY_TAKE_MS) {
    found.slowestMs = Math.max(found.slowestMs, ms)
    return
  }
  const againMs = bestMs(line, found)
  found.slow++
  found.slowestMs = Math.max(found.slowestMs, againMs)
  if (againMs > MAY_TAKE_MS) found.slowAgain++
}

function bestMs(line: Buffer, found: Found): number {
  return Math.min(...Array.from({ length: TRIES }, () => runner(found)(line)))
}

/** A stream's stages with caches of their own. Returns how long a line took, in ms. */
function runner(found: Found): Run {
  const settings = schema.parse({})
  const decode = createDecoder(settings.limits, { knownTraces: settings.knownTraces })
  const analyse = createAnalyser({ fingerprint: { ownPackages: [] }, patterns })
  return (line) => {
    const watch = stopwatch()
    try {
      for (const outcome of decode(line)) {
        if (outcome.kind !== 'ok') continue
        found.events++
        analyse(redactEvent(outcome.value))
      }
    } catch (error) {
      found.crashes.push(
        `${error instanceof Error ? (error.stack ?? error.message).split('\n').slice(0, 3).join(' ') : String(error)}: ${line.toString('base64').slice(0, 2_000)}`,
      )
    }
    return watch()
  }
}

const patterns = loadPatterns(null)

function numberFrom(name: string, otherwise: number): number {
  const given = Number(process.env[name])
  return Number.isSafeInteger(given) && given > 0 ? given : otherwise
}
