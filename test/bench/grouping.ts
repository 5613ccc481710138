/**
 * How well errors are grouped, against labels. The frame lines, layouts and kinds of test/data are scored always. Other labelled data is not part of
 * this repository (some of it by its licence); it is read from the folder that TRACEFOLD_GROUPING_DATA names, as far as it is there:
 *
 *   jobs/*.ndjson.gz                log records with the kind of error in the context key `truth`
 *   loghub2k/<System>.ndjson.gz     messages without a throwable: {"logger", "message", "group", "group2"}
 *   defects4j-traces.ndjson.gz      traces of failing tests of real bugs: {"set", "kind", "group", "trace"}
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { schema } from '../../src/config/schema.ts'
import { createDecoder } from '../../src/decode/decode.ts'
import { parseFrame } from '../../src/decode/frame-line.ts'
import type { ErrorEvent, Grouping } from '../../src/event.ts'
import { createFingerprinter } from '../../src/fingerprint/fingerprint.ts'
import { normaliseFrame } from '../../src/fingerprint/frames.ts'
import { packageFolder } from '../../src/package-root.ts'
import { anEvent } from '../support/builders.ts'
import { macro, scoresOf, type Labelled } from './grouping-scores.ts'
import { stopwatch } from './stopwatch.ts'
import { say } from './support.ts'

const KEYS = { fpSite: 'fp_site', fp: 'fp', fpStack: 'fp_stack' } as const
type Key = keyof typeof KEYS

/** The build has no data of its own. */
const TEST_DATA = join(packageFolder('samples'), '..', 'test', 'data')
const LINE_CHARS = 1_048_576
/** The least of them counts: what comes once is a pause of the machine. */
const TRIES = 3
const HOSTILE = [
  '(',
  '"',
  "'",
  '=',
  '$',
  '$.',
  '[',
  'FF:',
  '://',
  'a.',
  '/',
  'for user ',
  '1 ',
  '<*>',
  '{"a":',
  '"{"',
  '=[',
  'a(b=',
  '[a]',
  'a1=',
  '(1,',
  'error code ',
  'topic a ',
  'Traceback (most recent call last):\n',
  '  File "a.py", line 1, in f\n',
  'Caused by: a.b.C: x\n',
  '\tSuppressed: a.b.C: x\n',
  '\tat a.b(C.java:1)\n',
]

interface Labels {
  readonly event: ErrorEvent
  readonly truth: string
}

export async function benchGrouping(): Promise<void> {
  benchFrames()
  benchLayouts()
  benchKinds()
  benchHostile()
  const folder = process.env['TRACEFOLD_GROUPING_DATA']
  if (folder === undefined) {
    console.log('  set TRACEFOLD_GROUPING_DATA to the folder that holds jobs/, loghub2k/ and defects4j-traces.ndjson.gz')
    return
  }
  const parts = { jobs: benchJobs, loghub2k: benchMessages, 'defects4j-traces.ndjson.gz': benchTraces }
  for (const [name, bench] of Object.entries(parts)) {
    if (existsSync(join(folder, name))) bench(join(folder, name))
    else console.log(`  ${name}: not in ${folder}`)
  }
}

/** Real lines of stack traces, with the class, method and normal form that they must give. */
function benchFrames(): void {
  const cases = readFileSync(join(TEST_DATA, 'frame-cases.ndjson'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>) // rows are objects
  const right = cases.filter((row) => {
    const frame = parseFrame(textOf(row, 'frame') ?? '')
    return (frame?.className ?? null) === row['class'] && (frame === null ? null : normaliseFrame(frame)) === row['norm']
  })
  say('frame lines that are read right', `${right.length} of ${cases.length}`, 'all')
}

/** Line 1 of each file is one error; some layouts leave out or cut what would tell. */
function benchLayouts(): void {
  const decode = createDecoder(schema.parse({}).limits)
  const fingerprint = createFingerprinter({ ownPackages: [] })
  const counts = new Map<string, number>()
  for (const file of readdirSync(join(TEST_DATA, 'layouts')).filter((name) => /^(?:log4j2|logback|ecs|spring)/.test(name))) {
    const bytes = readFileSync(join(TEST_DATA, 'layouts', file))
    const [first] = decode(file.endsWith('.ndjson') ? bytes.subarray(0, bytes.indexOf(0x0a)) : bytes)
    const fp = first?.kind === 'ok' ? fingerprint(first.value).fp : 'not decoded'
    counts.set(fp, (counts.get(fp) ?? 0) + 1)
  }
  const all = [...counts.values()].reduce((sum, count) => sum + count, 0)
  say('layouts that give one error one fingerprint', `${Math.max(...counts.values())} of ${all}`, 'all that carry the whole chain')
}

/** Real errors of several languages, run again, after an edit, with hidden frames, within wrappers: see test/unit/fingerprint/kinds.test.ts. */
function benchKinds(): void {
  const rows = rowsOf(join(TEST_DATA, 'fingerprint-kinds.ndjson.gz'))
  const labels = rows.map((row) => {
    const throwable = {
      form: 'text',
      type: textOf(row, 'type'),
      message: textOf(row, 'message'),
      text: textOf(row, 'trace') ?? '',
    } as const
    return { event: anEvent({ throwable }), truth: textOf(row, 'kind') ?? '' }
  })
  const scores = scoresOf(labelledBy('fp', labels))
  say(
    `${new Set(labels.map(({ truth }) => truth)).size} kinds of errors of this JVM: pair F1, purity`,
    `${figure(scores.pairF1)} ${figure(scores.purity)}`,
    '.985, 1.000',
  )
}

/** What patterns and parsers stumble over, repeated to a line of 1 MiB, as a message and as a trace. */
function benchHostile(): void {
  let longestMs = 0
  for (const scrap of HOSTILE) {
    const text = scrap.repeat(Math.ceil(LINE_CHARS / scrap.length))
    const logged = { form: 'text', type: `a.${text}`, message: text, text: `a.E: ${text}` } as const
    for (const event of [anEvent({ throwable: null, message: text }), anEvent({ throwable: logged })])
      longestMs = Math.max(longestMs, groupingMs(event))
  }
  say('longest time on a hostile line of 1 MiB', `${longestMs.toFixed(0)} ms`, '50 ms')
}

function groupingMs(event: ErrorEvent): number {
  return Math.min(
    ...Array.from({ length: TRIES }, () => {
      const fingerprint = createFingerprinter({ ownPackages: [] })
      const watch = stopwatch()
      fingerprint(event)
      return watch()
    }),
  )
}

/** One error has one fingerprint in every layout, so all files are one set. */
function benchJobs(folder: string): void {
  const decode = createDecoder(schema.parse({}).limits)
  const events = filesOf(folder).flatMap((file) => linesOf(file).flatMap((line) => decode(Buffer.from(line))))
  const labels = events.flatMap((outcome) =>
    outcome.kind === 'ok' ? [{ event: outcome.value, truth: outcome.value.context.get('truth') ?? '' }] : [],
  )
  const scores = scoresOf(labelledBy('fp', labels))
  say('jobs: pair F1, purity', `${figure(scores.pairF1)} ${figure(scores.purity)}`, '.985, 1.000')
}

function benchMessages(folder: string): void {
  for (const label of ['group', 'group2'] as const) {
    const scores = filesOf(folder).map((file) => {
      const rows = rowsOf(file).filter((row) => typeof row[label] === 'string')
      const labels = rows.map((row) => ({
        event: anEvent({ throwable: null, logger: textOf(row, 'logger'), message: textOf(row, 'message') ?? '' }),
        truth: textOf(row, label) ?? '',
      }))
      const own = scoresOf(labelledBy('fp', labels))
      say(`LogHub ${file.slice(folder.length + 1).replace('.ndjson.gz', '')} (${label}): GA, FGA`, `${figure(own.ga)} ${figure(own.fga)}`)
      return own
    })
    say(`LogHub mean (${label}): GA, FGA`, `${figure(macro(scores, 'ga'))} ${figure(macro(scores, 'fga'))}`, '.80, .82')
  }
}

/** Assertions of a test framework are no errors of an application: only crashes count. */
function benchTraces(file: string): void {
  const rows = rowsOf(file).filter((row) => row['kind'] === 'crash')
  const labels = rows.map((row) => ({
    event: anEvent({ logger: null, throwable: { form: 'text', type: null, message: null, text: textOf(row, 'trace') ?? '' } }),
    truth: textOf(row, 'group') ?? '',
  }))
  for (const key of Object.keys(KEYS) as Key[]) {
    // the keys of a constant
    const scores = scoresOf(labelledBy(key, labels))
    say(
      `Defects4J ${KEYS[key]}: B-cubed F1, pair precision`,
      `${figure(scores.bcubedF1)} ${figure(scores.pairPrecision)}`,
      key === 'fp' ? '.91, -' : key === 'fpStack' ? '-, .99' : '',
    )
  }
}

function labelledBy(key: Key, labels: readonly Labels[]): Labelled[] {
  const fingerprint: (event: ErrorEvent) => Grouping = createFingerprinter({ ownPackages: [] })
  return labels.map(({ event, truth }) => ({ predicted: fingerprint(event)[key], truth }))
}

function filesOf(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.ndjson.gz'))
    .sort()
    .map((name) => join(folder, name))
}

function linesOf(file: string): string[] {
  return gunzipSync(readFileSync(file))
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '')
}

function rowsOf(file: string): Record<string, unknown>[] {
  return linesOf(file).map((line) => JSON.parse(line) as Record<string, unknown>) // rows are objects
}

function textOf(row: Record<string, unknown>, field: string): string | null {
  const value = row[field]
  return typeof value === 'string' ? value : null
}

function figure(score: number): string {
  return score.toFixed(4)
}
