/** One event after the other, each of a job of its own, timed from the producer's acknowledgement until whoever is asked has it. */
import { setTimeout as delay } from 'node:timers/promises'
import type { Neighbours } from '../../src/cluster/neighbours.ts'
import { machine, say } from './support.ts'

const PROBES = 20
const ASK_MS = 50

/** What is asked for a job until it says yes. */
export type Asked = (job: string) => Promise<boolean>

/** Milliseconds for each question, in the order of the probes. */
export async function timesOf(topic: string, { kafka }: Neighbours, questions: readonly Asked[]): Promise<number[][]> {
  const producer = kafka.producer()
  await producer.connect()
  const times: number[][] = questions.map(() => [])
  try {
    // The first makes the index and the first segment, and does not count.
    for (let i = -1; i < PROBES; i++) {
      const job = `probe-${i + 1}`
      await producer.send({ topic, messages: [{ value: probe(job) }] })
      const acknowledgedMs = performance.now()
      const taken = await Promise.all(questions.map((isThere) => until(() => isThere(job), acknowledgedMs)))
      if (i >= 0) taken.forEach((ms, of) => times[of]?.push(ms))
    }
  } finally {
    await producer.disconnect()
  }
  say('machine', machine())
  say('probes, one after the other', String(PROBES))
  return times
}

export function isCountable({ druid, names }: Neighbours): Asked {
  return async (job) => (await druid.sql(`SELECT job FROM "${names.datasource}" WHERE job = ?`, [job])).length > 0
}

export function sayTimes(what: string, times: readonly number[], goal: string): void {
  const sorted = times.toSorted((a, b) => a - b)
  say(`${what}: median / slowest`, `${seconds(sorted[sorted.length >> 1])} / ${seconds(sorted.at(-1))} s`, goal)
}

function probe(job: string): string {
  return JSON.stringify({
    '@timestamp': new Date().toISOString(),
    'ecs.version': '1.2.0',
    'log.level': 'ERROR',
    message: 'probe',
    'log.logger': 'Probe',
    job,
  })
}

async function until(isThere: () => Promise<boolean>, sinceMs: number): Promise<number> {
  while (!(await isThere().catch(() => false))) await delay(ASK_MS) // an index or a datasource that is being made answers 503 or 400
  return performance.now() - sinceMs
}

function seconds(ms: number | undefined): string {
  return ((ms ?? 0) / 1_000).toFixed(2)
}
