/**
 * The alert service of one process: evaluates the shards that are ours, at an interval, and has what it finds told.
 *
 *   control log ── rules, silences, decisions ──┐
 *   pipeline ── how far counts are complete ────┤
 *   rollups ── counts, baseline, groups ────────┴─> each shard: evaluate, keep, tell
 *
 * Delivery: see shard.ts. The service never gives up: what is away is said in health and metrics, and tried again at the next turn. It never holds up the
 * streams; a fault of the program is told to `onFailed`.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { TracefoldError } from '../../errors.ts'
import { orAborted } from '../../lib/retry.ts'
import { Wake } from '../../lib/wake.ts'
import { openReceivers } from '../deliver/open.ts'
import type { SuppressionOf } from '../deliver/group.ts'
import { suppressionBy } from '../hush.ts'
import { DAY_MS } from '../group-book.ts'
import { blindness } from './blindness.ts'
import { Consumed } from './consumed.ts'
import { Decisions } from './decisions.ts'
import { deliveryEvents, noteRound } from './events.ts'
import { Evaluator, type Round } from './evaluator.ts'
import { Groups } from './groups.ts'
import { HeartbeatSwitch } from './heartbeats.ts'
import { OwnShards } from './own-shards.ts'
import { completeUntil } from './pipeline-watch.ts'
import { AlertRules } from './rules.ts'
import type { AlertServiceOptions } from './service-options.ts'
import { Shard } from './shard.ts'
import type { StateLog } from './state-log.ts'
import { View } from './view.ts'

const HEALTH = 'alerts'
const STOP_MS = 5_000
/** Health and metrics are told so often, also while a turn waits for a neighbour. */
const REPORT_MS = 5_000
const FORGET_EVERY_MS = 3_600_000

export class AlertService {
  readonly decisions: Decisions
  readonly groups = new Groups()
  readonly rules: AlertRules
  readonly view: View
  readonly #options: AlertServiceOptions
  readonly #shards: OwnShards
  readonly #evaluator: Evaluator
  readonly #heartbeats: HeartbeatSwitch
  readonly #consumed: Consumed
  readonly #stopping = new AbortController()
  #suppression: SuppressionOf | null = null
  #shardCount = 0
  #last: Round | null = null
  #refused = 0
  #forgotAtMs: number
  readonly #wake = new Wake()
  #reporting: NodeJS.Timeout | undefined
  #life: Promise<void> = Promise.resolve()

  /** Connects to nothing. Throws `config_invalid` where a rule file is wrong, or a receiver's secret cannot be read. */
  constructor(options: AlertServiceOptions) {
    const { settings, env, reader, now, log, control } = options
    openReceivers({ receivers: settings.receivers, env, now, warn: () => {} }) // for its faults; nothing is connected
    this.#options = options
    this.#forgotAtMs = now()
    this.decisions = new Decisions(control)
    this.#consumed = new Consumed(control, options.owner)
    this.rules = new AlertRules({
      folders: settings.folders,
      receivers: Object.entries(settings.receivers).flatMap(([name, { type }]) => (type === 'heartbeat' ? [] : [name])),
      api: () => this.decisions.rules,
      onChange: () => this.#rulesChanged(),
      onError: (error) => this.#rulesWrong(error),
      onUnknownReceivers: (rule, unknown) =>
        log.warn(`alert rule ${rule} names receivers that are not in the settings: ${unknown.join(', ')}`),
      onEnd: (error) => log.error({ err: error }, 'alert rule files are not followed any more'),
    })
    this.view = new View({
      onGroup: (record) => this.groups.followed(record),
      onBook: (sinceMs) => this.groups.followedBook(sinceMs),
      onUnreadable: (why) => log.warn(why),
    })
    this.#heartbeats = new HeartbeatSwitch({
      receivers: settings.receivers,
      env,
      now,
      warn: (message) => log.warn(message),
      isHealthy: () => this.isHealthy(),
    })
    this.#shards = new OwnShards({
      open: (shard) => options.state.open(shard),
      make: (shard, kept) => this.#makeShard(shard, kept),
      onOpened: (shard) => this.#opened(shard),
      onClosed: (shard) => this.#closed(shard),
      onFailed: options.onFailed,
      onTrouble: (shard, { message, retriable }) =>
        log[retriable ? 'warn' : 'error'](`shard ${shard} of the alerts cannot be opened, its rules are not evaluated: ${message}`),
      now,
    })
    this.#evaluator = new Evaluator({
      reader,
      groups: this.groups,
      wording: { links: settings.links, adviceOf: options.adviceOf },
      delayMs: settings.delayMs,
      maxLagMs: settings.maxLagMs,
      maxGapMs: settings.maxGapMs,
      onGap: (shard, fromMs, toMs) =>
        log.warn(
          { shard, from: new Date(fromMs).toISOString(), to: new Date(toMs).toISOString() },
          'alerts were not evaluated for so long that this time is left out',
        ),
      onLost: (shard, error) => log.warn(`shard ${shard} of the alerts is not ours any more: ${error.message}`),
    })
  }

  /** Begins; what is away is waited for. */
  start(): void {
    this.#report()
    this.#reporting = setInterval(() => this.#report(), REPORT_MS)
    this.#life = this.#live().catch((error: unknown) => {
      if (!this.#stopping.signal.aborted) this.#options.onFailed(error)
    })
  }

  get last(): Round | null {
    return this.#last
  }

  get refused(): number {
    return this.#refused
  }

  get shardCount(): number {
    return this.#shardCount
  }

  get ownShards(): Pick<OwnShards, 'list' | 'isOurs'> {
    return this.#shards
  }

  /** Why rules do not see, in words: ours, or those of any shard as far as is known; null: all see. */
  get blind(): string | null {
    const { now, settings } = this.#options
    const known = {
      nowMs: now(),
      closed: this.#shards.closed(),
      openShards: this.#shards.list().length,
      last: this.#last,
      untilMs: Array.from({ length: this.#shardCount }, (_, shard) => this.view.at(shard)?.untilMs ?? null),
    }
    return blindness(known, settings)
  }

  /** The owner of shard 0 speaks for all. */
  isHealthy(): boolean {
    return this.blind === null
  }

  /** Lets what is being told be told, within a bound. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    clearInterval(this.#reporting)
    this.#wake.poke()
    await this.rules.stop()
    await Promise.all([this.#shards.stop(STOP_MS), this.#heartbeats.stop()])
    await this.#options.state.close()
    // A neighbour that is away may take its time to say so. What comes after that ends by itself.
    await Promise.race([this.#life, sleep(STOP_MS, undefined, { ref: false })])
    await Promise.all([this.decisions.stop(), this.#consumed.stop()])
  }

  async #live(): Promise<void> {
    const { state, settings, now } = this.#options
    const { signal } = this.#stopping
    const following = this.decisions.follow({
      onRules: () => this.#rulesChanged(),
      onSuppression: () => (this.#suppression = null),
      onGroup: (key, decision) => this.groups.decided(key, decision),
      onIgnored: (what, why) => this.#options.log.warn(`${what} in the control log is left out: ${why}`),
    })
    await orAborted(Promise.all([following, this.#consumed.follow()]), signal)
    this.#shardCount = await state.start({
      onRecord: (shard, record) => this.view.take(shard, record),
      onReset: (shard) => this.view.reset(shard),
      onOwned: (shards) => {
        this.#shards.own(shards)
        this.#wake.poke()
      },
    })
    while (!signal.aborted) {
      const startedMs = now()
      this.#wake.begin()
      await this.#turn(startedMs)
      this.#report()
      await this.#wake.pause(settings.intervalMs - (now() - startedMs))
    }
  }

  async #turn(nowMs: number): Promise<void> {
    const { tally, lookAtPipeline, metrics, log } = this.#options
    this.#consumed.note(nowMs, tally())
    this.#consumed
      .tell(nowMs)
      .catch((error: unknown) => log.debug({ err: error }, 'what was consumed could not be told to other processes'))
    await this.#shards.adjust()
    this.#forget(nowMs)
    const shards = this.#shards.list()
    if (this.#stopping.signal.aborted) return
    if (shards.length === 0) return this.#rest()
    const { rules, digest } = this.rules.now
    this.#evaluator.use(rules, digest, shards, this.#shardCount)
    const round = await this.#evaluator.round(shards, nowMs, await lookAtPipeline(), this.#consumed.minutes)
    this.#last = round
    this.#refused += round.refused
    noteRound(metrics, round, shards)
  }

  /** What was found with shards of ours says nothing of when there are some again. */
  #rest(): void {
    this.#last = null
    this.#evaluator.rest()
  }

  /** A shard that cannot be opened needs somebody; blindness is no reason to take the process out of service. */
  #report(): void {
    const { health, metrics } = this.#options
    if (this.#stopping.signal.aborted) return
    const { blind } = this
    const shards = this.#shards.list()
    const isFailing = this.#shards.closed().some(({ why }) => why !== null)
    const isOthers = shards.length === 0 && this.#shards.closed().length === 0
    metrics.alertsBlind.set({}, blind === null ? 0 : 1)
    metrics.alertShards.set({}, shards.length)
    if (blind !== null) health.set(HEALTH, !isFailing, `sees nothing: ${blind}`)
    else health.set(HEALTH, true, isOthers ? 'other processes evaluate the rules' : `evaluates ${this.rules.now.rules.length} rules`)
  }

  #makeShard(shard: number, kept: Awaited<ReturnType<StateLog['open']>>): Shard {
    const { settings, env, now, owner, metrics, log } = this.#options
    const warn = (message: string): void => log.warn(message)
    const targets = Object.fromEntries(Object.entries(settings.receivers).filter(([, { type }]) => type !== 'heartbeat'))
    return new Shard({
      shard,
      log: kept,
      routes: openReceivers({ receivers: targets, env, now, warn }).routes,
      suppressionOf: (alert, nowMs) => (this.#suppression ??= this.#makeSuppression())(alert, nowMs),
      events: deliveryEvents(metrics, log),
      owner,
      now,
      startMs: completeUntil(now(), 0, settings.delayMs),
    })
  }

  #opened(shard: Shard): void {
    const { now, log } = this.#options
    this.#evaluator.reset()
    this.#wake.poke() // it may have come after the turn that asked for it
    log.info({ shard: shard.shard, evaluatedUntil: new Date(shard.untilMs).toISOString() }, 'a shard of the alerts is ours')
    if (shard.shard !== 0) return
    this.groups.keep(shard.groups, shard.bookSinceMs, now())
    this.#heartbeats.on()
  }

  #closed(shard: number): void {
    if (shard !== 0) return
    this.groups.yield()
    this.#heartbeats.off()
  }

  #makeSuppression(): SuppressionOf {
    return suppressionBy({
      rules: this.rules.now.rules,
      silences: this.decisions.silences,
      groups: this.groups,
      acknowledged: this.decisions.acknowledgements,
    })
  }

  #rulesChanged(): void {
    this.rules.changed()
    this.#suppression = null
    this.#options.health.set('alert rules', true, 'the newest are in force')
  }

  #rulesWrong({ message }: TracefoldError): void {
    const { health, log, metrics } = this.#options
    metrics.ruleErrors.inc({ what: 'alerts' })
    health.set('alert rules', true, `the last good ones stay in force: ${message}`)
    log.error(`alert rules are wrong, the last good ones stay in force: ${message}`)
  }

  /** Groups that are over; and, by the owner of shard 0, what was decided about what is no more. */
  #forget(nowMs: number): void {
    const { settings, log } = this.#options
    if (nowMs - this.#forgotAtMs < FORGET_EVERY_MS) return
    this.#forgotAtMs = nowMs
    const undecided = this.groups.forget(nowMs, settings.keepGroupsDays * DAY_MS)
    if (!this.#shards.isOurs(0)) return
    const alive = new Set(this.view.states().map(({ key }) => key))
    const work = [
      this.#consumed.forget(nowMs),
      ...undecided.map((key) => this.decisions.dropGroup(key)),
      ...this.decisions.silences.filter(({ untilMs }) => untilMs < nowMs - DAY_MS).map(({ id }) => this.decisions.putSilence(id, null)),
      ...this.decisions.acknowledgements
        .filter(({ key, atMs }) => atMs < nowMs - DAY_MS && !alive.has(key))
        .map(({ key }) => this.decisions.putAcknowledgement(key, null)),
    ]
    for (const one of work)
      one.catch((error: unknown) => log.debug({ err: error }, 'what is over could not be forgotten; it is tried again'))
  }
}
