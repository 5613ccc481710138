/**
 * Decode, redact and analyse the bundled records of three layouts, again and again: µs of CPU per event and stage, with known traces recognised by
 * their raw bytes, and beside it the plain twin. The two take turns, round by round, so that a busy machine slows both alike. How often a trace
 * comes again decides what the fast path saves: here nearly always, after the first.
 */
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createAnalyser } from '../../src/classify/analyse.ts'
import { loadPatterns } from '../../src/classify/load.ts'
import { schema } from '../../src/config/schema.ts'
import { createDecoder } from '../../src/decode/decode.ts'
import { NO_REDACTION_RULES } from '../../src/decode/redaction-file.ts'
import { createRedactor } from '../../src/decode/redactor.ts'
import type { ErrorEvent } from '../../src/event.ts'
import { packageFolder } from '../../src/package-root.ts'
import { loadSamples, sampleRecords } from '../../src/source/sample-records.ts'
import { machine, say } from './support.ts'

const { redactEvent } = createRedactor(NO_REDACTION_RULES)

const BUNDLES = { EcsLayout: 'ecs', 'Logstash V1': 'logstash-v1', JsonLayout: 'jsonlayout' } as const
/** Made before the clock runs, since the memory of records is not what is measured. */
const RECORDS = 6_000
const BATCH = 500
/** Over all records, one way and then the other. The first are not counted: the compiler warms up, the traces become known. */
const ROUNDS = 10
const WARM_UP = 3
const STAGES = ['decode', 'redact', 'analyse'] as const

interface Way {
  readonly stages: readonly [
    (records: Buffer[]) => ErrorEvent[],
    (events: ErrorEvent[]) => ErrorEvent[],
    (events: ErrorEvent[]) => unknown[],
  ]
  readonly micros: [number, number, number]
}

export async function benchDecode(): Promise<void> {
  say('machine', machine())
  for (const [layout, bundle] of Object.entries(BUNDLES)) {
    const records = await recordsOf(`${bundle}.ndjson.gz`)
    const fast = wayOf(true)
    const plain = wayOf(false)
    for (let round = 0; round < ROUNDS; round++) {
      for (const way of round % 2 === 0 ? [plain, fast] : [fast, plain]) run(way, records, round >= WARM_UP)
    }
    report(layout, records, fast, plain)
  }
}

async function recordsOf(file: string): Promise<Buffer[]> {
  const folder = mkdtempSync(join(tmpdir(), 'tracefold-bench-'))
  copyFileSync(join(packageFolder('samples'), file), join(folder, file))
  const plan = { startMs: Date.now(), spreadMs: 600_000, count: RECORDS }
  const records = Array.from(sampleRecords(await loadSamples(folder), plan), ({ value }) => value)
  rmSync(folder, { recursive: true })
  return records
}

function wayOf(knownTraces: boolean): Way {
  const { limits, fingerprint, patterns } = schema.parse({})
  const decode = createDecoder(limits, { knownTraces })
  const analyse = createAnalyser({ fingerprint, patterns: loadPatterns(patterns.folder) })
  const decodeAll = (records: Buffer[]): ErrorEvent[] =>
    records.flatMap((record) => decode(record)).flatMap((outcome) => (outcome.kind === 'ok' ? outcome.value : []))
  return { stages: [decodeAll, (events) => events.map(redactEvent), (events) => events.map((event) => analyse(event))], micros: [0, 0, 0] }
}

function run(way: Way, records: readonly Buffer[], isCounted: boolean): void {
  for (let from = 0; from < records.length; from += BATCH) runBatch(way, records.slice(from, from + BATCH), isCounted)
}

function runBatch({ stages: [decode, redact, analyse], micros }: Way, records: Buffer[], isCounted: boolean): void {
  const timed = <T>(stage: 0 | 1 | 2, work: () => T): T => {
    const before = process.cpuUsage()
    const result = work()
    const { user, system } = process.cpuUsage(before)
    if (isCounted) micros[stage] += user + system
    return result
  }
  const events = timed(0, () => decode(records))
  const clean = timed(1, () => redact(events))
  timed(2, () => analyse(clean))
}

function report(layout: string, records: readonly Buffer[], fast: Way, plain: Way): void {
  const bytes = records.reduce((sum, { length }) => sum + length, 0) / RECORDS
  const each = (micros: number): string => (micros / RECORDS / (ROUNDS - WARM_UP)).toFixed(1)
  const total = ({ micros }: Way): number => micros.reduce((sum, part) => sum + part, 0)
  for (const [i, stage] of STAGES.entries())
    say(`${layout}, ${stage}: fast / plain`, `${each(fast.micros[i] ?? 0)} / ${each(plain.micros[i] ?? 0)} µs`)
  say(`${layout} (${Math.round(bytes)} B), all: fast / plain`, `${each(total(fast))} / ${each(total(plain))} µs`)
  say(`${layout}, all: fast is so many times the plain`, (total(fast) / total(plain)).toFixed(2))
}
