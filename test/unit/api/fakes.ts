/** An API over ports in memory: a reader that remembers what it was asked and answers what it was given. */
import type { FastifyInstance } from 'fastify'
import { afterEach } from 'vitest'
import { buildApi } from '../../../src/api/app.ts'
import type { ApiDeps, RuleBook, RuleWords } from '../../../src/api/deps.ts'
import { createHealth } from '../../../src/health.ts'
import { createMetrics } from '../../../src/metrics.ts'
import type { DeadLetterDesk } from '../../../src/store/dead-letter.ts'
import type {
  JobRow,
  JobsQuery,
  RollupReader,
  TopQuery,
  TopResult,
  TopRow,
  TrendPoint,
  TrendQuery,
} from '../../../src/store/rollup-store.ts'

export const NOW = Date.parse('2026-03-01T12:00:30Z')

export interface FakeReader extends RollupReader {
  readonly asked: { jobs: JobsQuery[]; top: TopQuery[]; trend: TrendQuery[] }
}

export function fakeReader(
  answers: { jobs?: JobRow[]; top?: TopResult; trend?: (query: TrendQuery) => TrendPoint[]; fails?: Error } = {},
): FakeReader {
  const asked: FakeReader['asked'] = { jobs: [], top: [], trend: [] }
  const answer = async <T>(value: () => T): Promise<T> => {
    if (answers.fails !== undefined) throw answers.fails
    return value()
  }
  return {
    asked,
    jobs: (query) => (asked.jobs.push(query), answer(() => answers.jobs ?? [])),
    top: (query) => (asked.top.push(query), answer(() => answers.top ?? { rows: [], total: 0 })),
    trend: (query) => (asked.trend.push(query), answer(() => (answers.trend ?? flat)(query))),
    close: async () => {},
  }
}

/** One event in each interval. */
function flat({ fromMs, toMs, intervalMs }: TrendQuery): TrendPoint[] {
  return Array.from({ length: (toMs - fromMs) / intervalMs }, (_, index) => ({ timeMs: fromMs + index * intervalMs, count: 1 }))
}

export function topRow(over: Partial<TopRow> = {}): TopRow {
  return {
    key: 'v1:0123456789abcdef',
    title: 'ConnectException: Connection refused: <*>',
    exceptionClass: 'java.lang.RuntimeException',
    rootCauseClass: 'java.net.ConnectException',
    previousKeys: [],
    category: 'connection-refused',
    severity: 'high',
    rule: 'connection-refused',
    culprit: 'com.acme.Orders.load:41',
    level: 'ERROR',
    count: 30,
    previousCount: 20,
    isNew: false,
    hosts: 3,
    jobs: 1,
    firstMs: NOW - 3_600_000,
    lastMs: NOW - 1_000,
    sampleMessage: 'Connection refused: db-3/10.0.0.3:5432',
    ...over,
  }
}

export function jobRow(over: Partial<JobRow> = {}): JobRow {
  return { job: 'orders', count: 30, previousCount: 20, errorTypes: 4, hosts: 3, firstMs: NOW - 3_600_000, lastMs: NOW - 1_000, ...over }
}

export const REFUSED: RuleWords = {
  id: 'connection-refused',
  family: 'network',
  title: 'Nobody listens there',
  category: 'connection-refused',
  severity: 'high',
  meaning: 'The host answers, and no process listens on the port.',
  advice: 'Check that the service runs.',
  link: 'patterns.html#connection-refused',
}

export function fakeRules(...rules: RuleWords[]): RuleBook {
  return { adviceOf: (id) => rules.find((rule) => rule.id === id) ?? null, all: () => rules }
}

/** A desk without letters, but for what is given. */
export function fakeLetters(over: Partial<DeadLetterDesk> = {}): DeadLetterDesk {
  const refused = (): Promise<never> => Promise.reject(new Error('not asked for here'))
  return { letters: async () => [], letter: async () => null, replay: refused, purge: refused, close: async () => {}, ...over }
}

export function fakeDeps(over: Partial<ApiDeps> = {}): ApiDeps {
  return {
    reader: fakeReader(),
    details: null,
    isOwn: null,
    rules: null,
    ledger: null,
    letters: null,
    offsets: null,
    alerts: null,
    ingest: null,
    pipeline: null,
    health: createHealth(),
    metrics: createMetrics(),
    now: () => NOW,
    maxBodyBytes: 1_024,
    version: '0.0.0-test',
    logger: null,
    ...over,
  }
}

const open: FastifyInstance[] = []
afterEach(async () => {
  for (const app of open.splice(0)) await app.close()
})

/** Closed after the test. */
export async function apiWith(over: Partial<ApiDeps> = {}): Promise<FastifyInstance> {
  const app = await buildApi(fakeDeps(over))
  open.push(app)
  return app
}
