/** When a branch that lags asks for a skip by itself: only where its store takes nothing, as this very process sees it. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { EmbeddedControlLog } from '../../../src/control/embedded-control-log.ts'
import { createLogger } from '../../../src/log.ts'
import { SkipBook, type SkipRequest } from '../../../src/offsets/skip-book.ts'
import { ToleranceWatch } from '../../../src/offsets/tolerance.ts'
import type { StreamReport } from '../../../src/stream.ts'
import { aProgress, T0 } from '../../support/builders.ts'
import { NAMES, OnePartition, P, SETTINGS } from './one-partition.ts'

const LOOK_MS = 10_000
const log = createLogger({ level: 'fatal' })
const none = { skipAfterLagRecords: null, skipAfterLagMinutes: null }

let kafka: OnePartition
let path: string
let control: EmbeddedControlLog
let asked: SkipRequest[]
let watch: ToleranceWatch
let nowMs: number

beforeEach(async () => {
  kafka = new OnePartition()
  at(100)
  path = mkdtempSync(join(tmpdir(), 'tracefold-tolerance-'))
  control = new EmbeddedControlLog({ path, now: () => nowMs, onFailed: (error) => expect.unreachable(String(error)) })
  const book = new SkipBook(log)
  await book.follow(control)
  asked = []
  book.onRequest((request) => asked.push(request))
  nowMs = T0
  const limits = { detail: { ...none, skipAfterLagRecords: 1_000 }, rollup: none }
  watch = new ToleranceWatch({
    settings: SETTINGS,
    neighbours: kafka,
    documents: kafka.documents,
    limits,
    control,
    book,
    log,
    now: () => nowMs,
  })
})
afterEach(async () => {
  await control.close()
  rmSync(path, { recursive: true, force: true })
})

/** The committed position, whoever committed it. */
function at(next: number): void {
  kafka.committed.set(NAMES.detailGroup, aProgress({ partition: P, from: next, next, rules: 'r' }))
}

function report(committingSinceMs: number | null): StreamReport {
  const spent = { seconds: 0, times: 0 }
  return {
    branches: ['detail', 'rollup'],
    partitions: [{ ...P, position: 100, committed: 100, end: 5_000, hasMore: false, lagRecords: 4_900, lagSeconds: 60 }],
    recordsPerSecond: 0,
    latencySeconds: { samples: 0, p50: null, p90: null, p99: null, max: null },
    lastCommitMs: T0,
    spent: { waiting: spent, decoding: spent, writing: spent, backpressure: spent },
    committingSinceMs,
  }
}

/** Looks as often as it does by itself, for so long. Resolves with the requests made. */
async function lookFor(ms: number, committingSinceMs: number | null, between: () => void = () => {}): Promise<number> {
  let requests = 0
  for (const end = nowMs + ms; nowMs <= end; nowMs += LOOK_MS) {
    requests += await watch.look([report(committingSinceMs)])
    between()
  }
  return requests
}

test("a store that takes nothing for a minute, with too much waiting: the branch skips to the log's end, once", async () => {
  expect(await lookFor(50_000, T0)).toBe(0)
  expect(await lookFor(10_000, T0)).toBe(1)
  expect(asked).toMatchObject([{ branch: 'detail', partition: 0, incarnation: 0, to: 5_000, by: 'lag' }])
  expect(await lookFor(300_000, T0)).toBe(0)
  kafka.bounds = { begin: 0, end: 6_100 }
  expect(await lookFor(70_000, T0)).toBe(1)
  expect(asked.at(-1)).toMatchObject({ to: 6_100 })
})

describe('nothing is asked for', () => {
  test('where this stream has nothing to commit: it was stopped, or its consumer stands still', async () => {
    expect(await lookFor(300_000, null)).toBe(0)
  })

  test('where another process commits, though a commit of this one hangs', async () => {
    expect(await lookFor(300_000, T0, () => at(committed() + 10))).toBe(0)
  })

  test('where each commit goes through in time', async () => {
    for (let i = 0; i < 10; i++) expect(await lookFor(40_000, nowMs)).toBe(0)
  })

  test('by a process that wakes up with a commit of before its sleep', async () => {
    expect(await lookFor(40_000, T0)).toBe(0)
    nowMs += 600_000
    expect(await lookFor(40_000, T0)).toBe(0)
    expect(await lookFor(20_000, T0)).toBe(1)
  })

  test('where the lag was bearable meanwhile', async () => {
    expect(await lookFor(50_000, T0)).toBe(0)
    kafka.bounds = { begin: 0, end: 1_100 }
    expect(await lookFor(0, T0)).toBe(0)
    kafka.bounds = { begin: 0, end: 5_000 }
    expect(await lookFor(50_000, T0)).toBe(0)
  })

  test('for a branch without a limit, or a partition that is not ours', async () => {
    kafka.committed.set(NAMES.rollupGroup, aProgress({ partition: P, from: 100, next: 100, rules: 'r' }))
    expect(await lookFor(70_000, T0)).toBe(1)
    expect(asked.map(({ branch }) => branch)).toEqual(['detail'])
    const elsewhere = { ...report(T0), partitions: [] }
    for (let i = 0; i < 20; i++, nowMs += LOOK_MS) expect(await watch.look([elsewhere])).toBe(0)
  })
})

function committed(): number {
  const known = kafka.committed.get(NAMES.detailGroup)
  return known !== undefined && 'next' in known ? known.next : 0
}
