/**
 * A small installation of alerting for tests: counts that a test sets, state and control log on disk as embedded mode has them, a real receiver, a clock that
 * stands until it is moved; and processes that evaluate over it, and die where a test says.
 */
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AlertReader, BaselineQuery, BaselineRow, CountRow } from '../../src/alert/alert-reader.ts'
import type { PipelineState } from '../../src/alert/run/pipeline-watch.ts'
import { EmbeddedState } from '../../src/alert/run/embedded-state.ts'
import { AlertService } from '../../src/alert/run/service.ts'
import { ServiceDesk } from '../../src/alert/run/desk.ts'
import type { OpenShard, SavedRecord, StateLog } from '../../src/alert/run/state-log.ts'
import { receiversSchema } from '../../src/alert/deliver/settings.ts'
import { EmbeddedControlLog } from '../../src/control/embedded-control-log.ts'
import { TracefoldError } from '../../src/errors.ts'
import { createHealth, type HealthRegistry } from '../../src/health.ts'
import { createLogger } from '../../src/log.ts'
import { createMetrics, type Metrics } from '../../src/metrics.ts'
import type { TimeRange } from '../../src/store/rollup-store.ts'
import { NOTHING, type Tally } from '../../src/stream/tally.ts'
import { startReceiver, text, type HttpReceiver } from '../unit/alert/deliver/http-receiver.ts'
import { MINUTE, T0 } from './builders.ts'
import { waitUntil } from './wait.ts'

/** What a webhook was told, as far as tests look. */
export interface Told {
  readonly id: string
  readonly status: string
  readonly alerts: readonly {
    readonly key: string
    readonly status: string
    readonly job: string | null
    readonly startsAt: string
    readonly count: number | null
    readonly rule: { readonly id: string }
  }[]
}

/** Counts by the minute, as a store would tell them. */
export class RowsReader implements AlertReader {
  rows: CountRow[] = []
  isAway = false

  async counts({ fromMs, toMs }: TimeRange): Promise<CountRow[]> {
    this.#checkThere()
    return this.rows.filter(({ windowMs }) => windowMs >= fromMs && windowMs < toMs)
  }

  async baseline({ fromMs, toMs, intervalMs, by }: BaselineQuery): Promise<BaselineRow[]> {
    const rows = await this.counts({ fromMs, toMs })
    const none = {
      job: null,
      environment: null,
      fingerprint: null,
      exceptionClass: null,
      rootCauseClass: null,
      category: null,
      severity: null,
    }
    return rows.map((row) => ({
      ...none,
      ...Object.fromEntries(by.map((field) => [field, row[field]])),
      windowMs: row.windowMs - ((row.windowMs - fromMs) % intervalMs),
      count: row.count,
      lastMs: row.lastMs,
    }))
  }

  #checkThere(): void {
    if (this.isAway) throw new TracefoldError('not_available', 'the rollups are away')
  }
}

export type Step = 'save' | 'saved'

/** The state of a process that may die at any step: what it writes after that goes nowhere. */
class MortalState implements StateLog {
  readonly #state: EmbeddedState
  readonly #onStep: (step: Step) => boolean
  #isDead = false

  constructor(path: string, shards: number, onStep: (step: Step) => boolean) {
    this.#state = new EmbeddedState({ path, shards })
    this.#onStep = onStep
  }

  start(handler: Parameters<StateLog['start']>[0]): Promise<number> {
    return this.#state.start(handler)
  }

  async open(shard: number): Promise<OpenShard> {
    this.#checkAlive()
    const open = await this.#state.open(shard)
    return { ...open, save: (records) => this.#save(open, records) }
  }

  close(): Promise<void> {
    return this.#state.close()
  }

  die(): void {
    this.#isDead = true
  }

  async #save(open: OpenShard, records: Parameters<OpenShard['save']>[0]): Promise<void> {
    this.#checkAlive()
    if (!this.#onStep('save')) this.die()
    this.#checkAlive()
    await open.save(records)
    if (!this.#onStep('saved')) this.die()
    this.#checkAlive()
  }

  #checkAlive(): void {
    if (this.#isDead) throw new TracefoldError('partition_lost', 'the process is dead')
  }
}

export interface AlertingProcess {
  readonly service: AlertService
  readonly desk: ServiceDesk
  readonly health: HealthRegistry
  readonly metrics: Metrics
  isDead(): boolean
  die(): void
  stop(): Promise<void>
}

export interface WorldOptions {
  /** In the words of rule files. */
  readonly rules?: readonly Record<string, unknown>[]
  readonly receivers?: (url: string) => Record<string, unknown>
  readonly shards?: number
}

export class AlertingWorld {
  nowMs = T0 + 30_000
  tally: Tally = NOTHING
  pipeline: PipelineState = { lagMs: 0, trouble: null }
  readonly reader = new RowsReader()
  readonly receiver: HttpReceiver
  readonly #path: string
  readonly #options: WorldOptions
  readonly #processes: AlertingProcess[] = []

  private constructor(receiver: HttpReceiver, options: WorldOptions) {
    this.receiver = receiver
    this.#options = options
    this.#path = mkdtempSync(join(tmpdir(), 'tracefold-alerting-'))
    mkdirSync(join(this.#path, 'rules'))
    for (const rule of options.rules ?? []) writeFileSync(join(this.#path, 'rules', `${String(rule['id'])}.yml`), JSON.stringify(rule))
  }

  static async make(options: WorldOptions = {}): Promise<AlertingWorld> {
    return new AlertingWorld(await startReceiver(text('ok')), options)
  }

  /** `onStep` false: it dies there. */
  start({
    onStep = () => true,
    owner = `process-${this.#processes.length}`,
  }: { onStep?: (step: Step) => boolean; owner?: string } = {}): AlertingProcess {
    let isDead = false
    const state = new MortalState(this.#path, this.#options.shards ?? 1, (step) => {
      isDead ||= !onStep(step)
      return !isDead
    })
    const control = new EmbeddedControlLog({ path: this.#path, now: () => this.nowMs, onFailed: crash })
    const { receivers = (url: string) => ({ hook: { type: 'webhook', url: `${url}/hook` } }) } = this.#options
    const health = createHealth(() => this.nowMs)
    const metrics = createMetrics()
    const service = new AlertService({
      settings: {
        intervalMs: 5,
        delayMs: 1,
        maxLagMs: 10 * MINUTE,
        maxGapMs: 24 * 60 * MINUTE,
        folders: [join(this.#path, 'rules')],
        receivers: receiversSchema.parse(receivers(this.receiver.url)),
        links: { page: null, kibana: null, dataView: null },
        keepGroupsDays: 400,
      },
      env: {},
      reader: this.reader,
      state,
      control,
      lookAtPipeline: async () => this.pipeline,
      tally: () => this.tally,
      adviceOf: () => null,
      owner,
      health,
      metrics,
      log: createLogger({ level: 'fatal' }),
      now: () => this.nowMs,
      onFailed: crash,
    })
    service.start()
    let stopped: Promise<void> | null = null
    const stop = (): Promise<void> => (stopped ??= service.stop().then(() => control.close()))
    const die = (): void => {
      isDead = true
      state.die()
    }
    const running = {
      service,
      desk: new ServiceDesk(service, this.reader, () => this.nowMs),
      health,
      metrics,
      isDead: () => isDead,
      die,
      stop,
    }
    this.#processes.push(running)
    return running
  }

  /** As if another process had kept it. */
  async keep(shard: number, record: SavedRecord): Promise<void> {
    const state = new EmbeddedState({ path: this.#path, shards: this.#options.shards ?? 1 })
    const open = await state.open(shard)
    await open.save([record])
    await state.close()
  }

  told(): Told[] {
    return this.receiver.received.filter(({ url }) => url.pathname === '/hook').map(({ body }) => JSON.parse(body) as Told)
  }

  /** Moves the clock, and waits until the process has evaluated all there is at that time, or has died. */
  async advance(one: AlertingProcess, ms: number): Promise<void> {
    this.nowMs += ms
    await this.evaluated(one)
  }

  async evaluated(one: AlertingProcess): Promise<void> {
    let seen: unknown = null
    await waitUntil('an evaluation that began after the clock was moved', () => {
      const { last } = one.service
      if (one.isDead()) return true
      if (last === null || last.atMs !== this.nowMs) return false
      if (seen === null) seen = last
      return seen !== last
    })
  }

  async close(): Promise<void> {
    await Promise.all(this.#processes.map((one) => one.stop()))
    await this.receiver.close()
    rmSync(this.#path, { recursive: true, force: true })
  }
}

function crash(error: unknown): never {
  throw error
}
