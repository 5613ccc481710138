/** The bundled logs: what they hold, that their times are rewritten, and that every record is a function of its number. */
import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { createSampleSource } from '../../../src/source/sample.ts'
import { historyLength, loadSamples, sampleRecord, sampleRecords, type SamplePlan } from '../../../src/source/sample-records.ts'
import type { Partition } from '../../../src/source/source.ts'
import { Listener, settle } from '../../contract/source.ts'
import { waitUntil } from '../../support/wait.ts'

const START = Date.UTC(2026, 2, 1, 12)
const HOUR = 3_600_000
const PLAN: SamplePlan = { startMs: START, spreadMs: HOUR }
const samples = await loadSamples('samples')

type Json = Record<string, unknown>
const parsed = (value: Buffer): Json => JSON.parse(value.toString('utf8')) as Json // the bundle holds objects
const timeOf = (event: Json): number => {
  const instant = event['instant'] as { epochSecond: number; nanoOfSecond: number } | undefined // JsonLayout's form
  return instant === undefined
    ? Date.parse(String(event['@timestamp']).replace('+0000', 'Z'))
    : instant.epochSecond * 1_000 + instant.nanoOfSecond / 1_000_000
}

describe('the history', () => {
  const history = [...sampleRecords(samples, PLAN)]

  it('every record says in its own bytes the time that it is given out with', () => {
    for (const { value, timeMs } of history) expect(timeOf(parsed(value))).toBe(timeMs)
  })

  it('fills every five minutes of the hour before the start, in order', () => {
    const times = history.map(({ timeMs }) => timeMs)
    expect(times).toEqual(times.toSorted((a, b) => a - b))
    expect(new Set(times.map((ms) => Math.floor((ms - START + HOUR) / 300_000)))).toEqual(new Set(Array.from({ length: 12 }, (_, i) => i)))
  })

  it('holds three layouts, many jobs as keys, and no labels', () => {
    const layouts = new Set(
      history.map(({ value }) =>
        Object.keys(parsed(value))
          .filter((key) => ['ecs.version', 'instant', 'mdc'].includes(key))
          .join(),
      ),
    )
    expect(layouts).toEqual(new Set(['ecs.version', 'instant', 'mdc']))
    expect(new Set(history.map(({ key }) => key.toString())).size).toBe(40)
    for (const { value } of history) expect(/"(?:truth|seq)":/.test(value.toString('utf8'))).toBe(false)
  })
})

describe('volume', () => {
  it('a plan of many records repeats the bundle within the same time, with other numbers in the messages', () => {
    const plan = { ...PLAN, count: 2_400 * 50 }
    const withNumber = samples.templates.findIndex(({ digits }) => digits.inAfter.length > 4)
    const rounds = Array.from({ length: 50 }, (_, round) => parsed(sampleRecord(samples, plan, withNumber + 2_400 * round).value))
    expect(new Set(rounds.map((event) => event['message'])).size).toBeGreaterThan(40)
    expect(new Set(rounds.map((event) => String(event['message']).replace(/\d+/g, '#'))).size).toBe(1)
    expect(timeOf(rounds[0] ?? {})).toBeLessThan(START - HOUR + HOUR / 25)
    expect(timeOf(rounds[49] ?? {})).toBeGreaterThan(START - HOUR / 25)
    expect(historyLength(samples, plan)).toBe(120_000)
  })

  it('a record is the same whenever it is asked for', () => {
    const plan = { ...PLAN, count: 5_000, rate: 3 }
    for (const i of [0, 2_399, 2_400, 4_999, 5_000, 12_345]) expect(sampleRecord(samples, plan, i)).toEqual(sampleRecord(samples, plan, i))
    expect(sampleRecord(samples, plan, 5_003).timeMs).toBe(START + 1_000)
  })

  it('a smaller count is the beginning of the bundle over the whole time', () => {
    const times = [...sampleRecords(samples, { ...PLAN, count: 10 })].map(({ timeMs }) => timeMs)
    expect(times.length).toBe(10)
    expect(times[0]).toBeGreaterThanOrEqual(START - HOUR)
    expect(times[9]).toBeLessThanOrEqual(START)
  })
})

describe('the source', () => {
  it('goes on live, as time goes on', async () => {
    let nowMs = START
    const wait = async (_ms: number, signal: AbortSignal): Promise<void> => {
      await turn()
      signal.throwIfAborted()
    }
    const source = createSampleSource({ from: 'samples', now: () => nowMs, live: true, rate: 2, wait })
    const listener = new Listener(source)
    await source.start(listener)
    await waitUntil('the history', () => listener.records.length === 4_800)
    await settle()
    expect(listener.records.length).toBe(4_800)
    nowMs += 5_000
    await waitUntil('live records', () => listener.records.length === 4_810)
    const times = listener.records.slice(4_800).map(({ value }) => timeOf(parsed(value ?? Buffer.alloc(0))))
    expect(times).toEqual(Array.from({ length: 10 }, (_, i) => START + i * 500))
    expect(source.ended()).toBeNull()
    await source.stop()
  })

  it('goes on at the pace of its history where no other is given', async () => {
    let nowMs = START
    const source = createSampleSource({ from: 'samples', now: () => nowMs, live: true })
    const listener = new Listener(source, null)
    await source.start(listener)
    nowMs += HOUR
    const [partition] = [...listener.partitions.values()] as [Partition] // it has one
    expect(await source.bounds(partition)).toEqual({ begin: 0, end: 3 * samples.templates.length })
    await source.stop()
  })

  it('has as much of every error in the hour before the last one as in the last', async () => {
    const source = createSampleSource({ from: 'samples', now: () => START, live: false })
    const listener = new Listener(source)
    await source.start(listener)
    await waitUntil('the history', () => source.ended() === true)
    const early = listener.records.filter(({ value }) => timeOf(parsed(value ?? Buffer.alloc(0))) < START - HOUR)
    expect([early.length, listener.records.length]).toEqual([2_400, 4_800])
    await source.stop()
  })

  it('a folder without samples is a mistake of the command line', async () => {
    await expect(loadSamples('src')).rejects.toMatchObject({ code: 'usage' })
  })
})
