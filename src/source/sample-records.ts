/**
 * The bundled sample logs as if they happened now: real Log4j JSON with its times rewritten, and numbers in messages varied from the second round on.
 *
 * Record number i is a function of the bundle and the plan alone, so a position can be read again and a benchmark repeated:
 *
 *   startMs - spreadMs            startMs                       history: `count` records, spread like the bundle's own two minutes
 *   |=========history=============|----live, one each 1000/rate ms---->
 *
 * A record costs one copy of its bytes: time and digits are written into place.
 */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { z } from 'zod'
import { TracefoldError } from '../errors.ts'

const unzip = promisify(gunzip)
const NINE = 57
/** Shorter runs of digits may mean something: a port, an HTTP status. */
const NUMBERS = /\d{5,}/g
const TIME = /"@timestamp":"([^"]{24,28})"|"instant":(\{"epochSecond":\d+,"nanoOfSecond":\d+\})/
const MESSAGE = /"message":"((?:[^"\\]|\\.)*)"/

export interface SamplePlan {
  /** When live begins and history ends. */
  readonly startMs: number
  readonly spreadMs: number
  /** Records of history; the bundle once if not given. */
  readonly count?: number
  /** Records a second after that; none if not given. */
  readonly rate?: number
}

export interface SampleRecord {
  /** The job's name. */
  readonly key: Buffer
  readonly value: Buffer
  readonly timeMs: number
}

/** A record of the bundle, taken apart at its time. */
interface Template {
  readonly key: Buffer
  readonly before: Buffer
  readonly after: Buffer
  readonly renderTime: (timeMs: number) => string
  /** Where in the value digits are that may be varied, if the time has its usual length. */
  readonly digits: { readonly inBefore: readonly number[]; readonly inAfter: readonly number[] }
  readonly timeMs: number
}

export interface Samples {
  /** In order of time. */
  readonly templates: readonly Template[]
}

const recordShape = z.object({
  job: z.string().optional(),
  contextMap: z.object({ job: z.string() }).optional(),
  mdc: z.object({ job: z.string() }).optional(),
})

/** Reads the `*.ndjson.gz` of a folder. Throws `usage` where there are none. */
export async function loadSamples(folder: string): Promise<Samples> {
  const names = (await readdir(folder).catch((): string[] => [])).filter((name) => name.endsWith('.ndjson.gz')).toSorted()
  const files = await Promise.all(names.map(async (name) => (await unzip(await readFile(join(folder, name)))).toString('utf8')))
  const lines = files.flatMap((file) => file.split('\n').filter((line) => line !== ''))
  if (lines.length === 0) throw new TracefoldError('usage', `There are no sample logs (*.ndjson.gz) in ${folder}.`)
  return { templates: lines.map(templateOf).toSorted((a, b) => a.timeMs - b.timeMs) }
}

/** Records of the history, by plan. */
export function historyLength(samples: Samples, plan: SamplePlan): number {
  return plan.count ?? samples.templates.length
}

export function sampleTimeMs(samples: Samples, plan: SamplePlan, i: number): number {
  const history = historyLength(samples, plan)
  if (i >= history) return Math.floor(plan.startMs + ((i - history) * 1_000) / (plan.rate ?? 1))
  const { template, round } = place(samples, i)
  const rounds = history / samples.templates.length
  return Math.floor(
    plan.startMs -
      plan.spreadMs +
      (plan.spreadMs * Math.min(round + shareOf(samples, template), rounds)) / Math.max(rounds, Number.EPSILON),
  )
}

export function sampleRecord(samples: Samples, plan: SamplePlan, i: number): SampleRecord {
  const { template, round } = place(samples, i)
  const timeMs = sampleTimeMs(samples, plan, i)
  return { key: template.key, value: render(template, timeMs, round), timeMs }
}

/** All of the history, then (where the plan has a rate) without end; who needs the live pace waits for each record's time. */
export function* sampleRecords(samples: Samples, plan: SamplePlan): Generator<SampleRecord> {
  const end = plan.rate === undefined ? historyLength(samples, plan) : Number.POSITIVE_INFINITY
  for (let i = 0; i < end; i++) yield sampleRecord(samples, plan, i)
}

function place({ templates }: Samples, i: number): { template: Template; round: number } {
  const template = templates[i % templates.length]
  if (template === undefined) throw new RangeError(`no sample record ${i}`)
  return { template, round: Math.floor(i / templates.length) }
}

/** How far through the bundle's own time a template is, 0 to below 1. */
function shareOf({ templates }: Samples, template: Template): number {
  const first = templates[0]?.timeMs ?? 0
  const last = templates.at(-1)?.timeMs ?? 0
  return (template.timeMs - first) / (last - first + 1)
}

function render(template: Template, timeMs: number, round: number): Buffer {
  const { before, after, digits } = template
  const time = template.renderTime(timeMs)
  const value = Buffer.allocUnsafe(before.length + time.length + after.length)
  before.copy(value, 0)
  value.write(time, before.length, 'latin1')
  after.copy(value, before.length + time.length)
  if (round > 0) {
    vary(value, digits.inBefore, 0, round)
    vary(value, digits.inAfter, before.length + time.length, round)
  }
  return value
}

/** Each digit moves by an amount of its own; the first of a number is left alone by `digitsIn`. */
function vary(value: Buffer, digits: readonly number[], offset: number, round: number): void {
  for (let k = 0; k < digits.length; k++) {
    const at = offset + (digits[k] ?? 0)
    const digit = (value[at] ?? NINE) - 48
    value[at] = 48 + ((digit + round * (k + 1) + Math.floor(round / 10)) % 10)
  }
}

function templateOf(line: string): Template {
  const time = TIME.exec(line)
  const shown = time?.[1] ?? time?.[2]
  if (time === null || shown === undefined)
    throw new TracefoldError('usage', `A sample log has no time that can be rewritten: ${line.slice(0, 200)}`)
  const at = time.index + time[0].indexOf(shown)
  const before = line.slice(0, at)
  const after = line.slice(at + shown.length)
  const form = time[2] === undefined ? (shown.endsWith('Z') ? isoTime : offsetTime) : instant
  return {
    key: Buffer.from(jobOf(line)),
    before: Buffer.from(before),
    after: Buffer.from(after),
    renderTime: form,
    digits: { inBefore: digitsIn(before), inAfter: digitsIn(after) },
    timeMs: time[2] === undefined ? Date.parse(shown.replace(/\+0000$/, 'Z')) : instantMs(shown),
  }
}

function jobOf(line: string): string {
  const { job, contextMap, mdc } = recordShape.parse(JSON.parse(line))
  return job ?? contextMap?.job ?? mdc?.job ?? 'sample'
}

/** Byte positions of digits of long numbers within the event's own message. */
function digitsIn(part: string): number[] {
  const message = MESSAGE.exec(part)
  const text = message?.[1]
  if (message === null || text === undefined) return []
  const start = Buffer.byteLength(part.slice(0, message.index)) + '"message":"'.length
  const positions: number[] = []
  for (const { 0: number, index } of text.matchAll(NUMBERS)) {
    const first = start + Buffer.byteLength(text.slice(0, index))
    for (let i = 1; i < number.length; i++) positions.push(first + i)
  }
  return positions
}

const isoTime = (timeMs: number): string => new Date(timeMs).toISOString()
const offsetTime = (timeMs: number): string => isoTime(timeMs).replace('Z', '+0000')
const instant = (timeMs: number): string => `{"epochSecond":${Math.floor(timeMs / 1_000)},"nanoOfSecond":${(timeMs % 1_000) * 1_000_000}}`

function instantMs(shown: string): number {
  const parts = /(\d+)\D+(\d+)/.exec(shown)
  return Number(parts?.[1]) * 1_000 + Math.floor(Number(parts?.[2]) / 1_000_000)
}
