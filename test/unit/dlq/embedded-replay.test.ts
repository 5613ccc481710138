/** Replays on the embedded store: a stream reads into it, and desks work on connections of their own. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { schema } from '../../../src/config/schema.ts'
import { createDesk } from '../../../src/dlq/desk.ts'
import type { LetterBox } from '../../../src/dlq/letter-box.ts'
import { createHealth } from '../../../src/health.ts'
import { createMetrics } from '../../../src/metrics.ts'
import { createRules, RulesInForce } from '../../../src/rules/rules.ts'
import { partitionKey, type Source, type SourceHandler } from '../../../src/source/source.ts'
import { openEmbeddedLetters } from '../../../src/store/embedded/letters.ts'
import { openEmbedded } from '../../../src/store/embedded.ts'
import { createStream } from '../../../src/stream.ts'
import { createLogger } from '../../../src/log.ts'
import { aPartition, DAY, T0 } from '../../support/builders.ts'
import { waitUntil } from '../../support/wait.ts'
import { describeReplay, type Over, type ReplayAdapter } from './replay-suite.ts'

const P = aPartition()
const RETENTION = { detailDays: 14, rollupDays: 400, letterDays: 30, maxBytes: 1e9 }
const EVER = { fromMs: 0, toMs: T0 + 1_000 * DAY }

describeReplay('the embedded store', async () => {
  const path = mkdtempSync(join(tmpdir(), 'tracefold-replay-'))
  const store = openEmbedded({ path, retention: RETENTION, now: () => T0 })
  let next = 0

  const settingsOf = (over: Over) => schema.parse({ blockSize: 10, ...over })
  const adapter: ReplayAdapter = {
    nowMs: T0,
    consume: async (lines, over) => {
      const settings = settingsOf(over)
      const source = sourceOf(next, lines)
      const stream = createStream({
        branches: ['detail', 'rollup'],
        source,
        store: { open: (p, signal) => store.open(p, signal), commit: (unit, signal) => store.commit(unit, signal), close: async () => {} },
        intake: { settings, now: () => T0, recordsAreTimed: false, metrics: null },
        settings,
        rules: new RulesInForce(createRules(settings)),
        flushMs: { caughtUp: 1, behind: 1 },
        exitAtEnd: false,
        metrics: createMetrics(),
        health: createHealth(),
        log: createLogger({ level: 'fatal' }),
        now: () => T0,
      })
      next += lines.length
      await stream.start()
      await waitUntil('the lines', () => source.through === next)
      await stream.stop()
    },
    desk: async (over, killedAt) => {
      const settings = settingsOf(over)
      const rules = createRules(settings)
      const box = openEmbeddedLetters({ path, detailDays: RETENTION.detailDays, maxBytes: 1e9, now: () => T0 })
      return createDesk(killedAt === undefined ? box : dying(box), { settings, rules: () => rules, now: () => T0, recordsAreTimed: false })
    },
    steps: 1,
    counts: async () => {
      const documents = await store.reader.documents({ ...EVER, job: null, fingerprint: null, text: null, limit: 1_000 })
      const { total } = await store.reader.top({ ...EVER, job: null, by: 'fingerprint', limit: 1 })
      return { detail: documents.reduce((sum, { count }) => sum + count, 0), rollup: total }
    },
    ledger: () => store.reader.ledger({ from: '0000-01-01', to: '9999-12-31' }),
    forget: async () => {},
    close: async () => {
      await store.close()
      rmSync(path, { recursive: true, force: true })
    },
  }
  return adapter
})

/** The one step of writing is a transaction: killed in it, nothing of it is there. */
function dying(box: LetterBox): LetterBox {
  return {
    ...box,
    open: async (query, signal) => ({
      ...(await box.open(query, signal)),
      commit: () => Promise.reject(new Error('killed')),
    }),
  }
}

/** Delivers its lines as soon as it may. */
function sourceOf(from: number, lines: readonly (string | Buffer)[]): Source & { through: number } {
  let handler: SourceHandler | null = null
  let delivered = false
  const source = {
    through: 0,
    start: async (given: SourceHandler) => {
      handler = given
      setImmediate(() => handler?.onAssigned([P]))
    },
    seek: () => {},
    pause: () => {},
    resume: () => {
      if (delivered) return
      delivered = true
      const records = lines.map((value, i) => ({ offset: from + i, timestampMs: T0, key: null, headers: {}, value: Buffer.from(value) }))
      setImmediate(() => handler?.onBatch({ partition: P, fetchedFrom: from, records, next: from + lines.length, end: null }))
    },
    bounds: async () => ({ begin: 0, end: from + lines.length }),
    committed: (p: typeof P, next: number) => {
      if (partitionKey(p) === partitionKey(P)) source.through = next
    },
    ended: () => null,
    stop: async () => {},
  }
  return source
}
