/**
 * What a fault works on: a Tracefold installation with a name of its own, a log that is written with every record's fate known, processes, and the
 * verdict at the end. Invariant: what was produced is what the log holds, each record once; a send whose outcome is unknown is settled by the log's end.
 */
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import type { Settings } from '../../src/config/schema.ts'
import { everyCluster } from '../../src/cluster/neighbours.ts'
import { setUpTopics } from '../../src/kafka/setup.ts'
import type { BranchName } from '../../src/store/position.ts'
import { endDruid, install, installDruid, ownSettings, type Installation } from '../support/cluster.ts'
import type { StartOptions } from '../support/tracefold.ts'
import { waitUntil } from '../support/wait.ts'
import { lagOf } from './counts.ts'
import { Expected, type Offsets } from './expected.ts'
import type { FaultContext, Outcome } from './fault.ts'
import { LogWriter } from './log-writer.ts'
import { startMember, type Member } from './member.ts'
import { anError, type ChaosRecord, type MakeRecord } from './records.ts'
import { judge, type JudgeOptions } from './verdict.ts'

const PARTITIONS = 4
/** A flow sends so often. */
const FLOW_MS = 100
const SETTLE_MS = 240_000
/** A transaction that was ended just before a kill is through by then. */
const STILL_MS = 500

export interface BedOptions {
  /** Settings beside or instead of the harness's. */
  readonly over?: Record<string, Record<string, unknown> | string | number>
  readonly partitions?: number
  /** Servers other than the shared ones. */
  readonly kafka?: { readonly brokers: string[] }
  readonly elasticsearch?: { readonly url: string }
  /** None unless given: then rows are counted in the rollup topic. */
  readonly druid?: { readonly queryUrl: string; readonly coordinatorUrl: string }
  readonly make?: MakeRecord
}

export interface ProduceOptions {
  /** All in turn unless told. */
  readonly partition?: number
  readonly make?: MakeRecord
  /** Which Kafka cluster, in the order of the settings; the first unless told. */
  readonly cluster?: number
}

export interface Flow {
  stop(): Promise<void>
}

export interface Bed {
  readonly installation: Installation
  readonly settings: Settings
  /** As a file holds them. */
  readonly plain: Record<string, unknown>
  readonly expected: Expected
  readonly members: readonly Member[]
  readonly hasDruid: boolean
  /** The first cluster's topic was deleted and created again: offsets begin at zero. */
  beginAnew(): void
  produce(count: number, options?: ProduceOptions): Promise<void>
  /** So many records a second until it is stopped. */
  flow(perSecond: number, options?: ProduceOptions): Flow
  start(over?: Record<string, unknown>, options?: StartOptions): Promise<Member>
  /** Committed offsets of each branch, once no transaction of a process that was killed is open any more. */
  committed(): Promise<Record<BranchName, Offsets>>
  /** Milliseconds until both branches had committed all that the log holds, or null where they did not. */
  lagZero(timeoutMs?: number): Promise<number | null>
  /** Waits for lag zero, then compares the stores with the oracle. */
  conclude(options?: JudgeOptions): Promise<Outcome>
  close(): Promise<void>
}

/** Blocks, fetches and flushes are small, so that a fault meets many of them; sessions are as short as a broker allows. */
const SMALL: Record<string, Record<string, unknown>> = {
  kafka: { sessionTimeoutMs: 6_000, maxBytesPerPartition: 131_072, transactionTimeoutMs: 10_000, requestTimeoutMs: 10_000 },
  elasticsearch: { requestTimeoutMs: 10_000 },
  detail: { flushMs: 150 },
  rollup: { flushMs: 150, catchUpFlushMs: 300 },
}

export async function makeBed(context: FaultContext, options: BedOptions = {}): Promise<Bed> {
  const { servers } = context
  const [kafka, elasticsearch] = await Promise.all([options.kafka ?? servers.kafka(), options.elasticsearch ?? servers.elasticsearch()])
  const hasDruid = options.druid !== undefined
  const settings = ownSettings(
    { kafka, elasticsearch, ...(options.druid === undefined ? {} : { druid: options.druid }) },
    mergedSections({ blockSize: 700, ...SMALL }, options.over ?? {}),
    options.partitions ?? PARTITIONS,
    hasDruid,
  )
  const installation = await install(settings)
  for (const { admin, names, settings: own } of installation.neighbours.more) await setUpTopics(admin, names, own)
  if (hasDruid) await installDruid(installation)
  return new ChaosBed(installation, hasDruid, options.make ?? anError, context.say)
}

function mergedSections(base: Record<string, unknown>, over: Record<string, unknown>): Record<string, unknown> {
  const merged = { ...base }
  for (const [name, value] of Object.entries(over))
    merged[name] = typeof value === 'object' ? { ...(base[name] as object | undefined), ...value } : value
  return merged
}

class ChaosBed implements Bed {
  readonly installation: Installation
  readonly plain: Record<string, unknown>
  readonly expected: Expected
  readonly hasDruid: boolean
  readonly members: Member[] = []
  /** Of each Kafka cluster, with the number of its log in `expected`. */
  readonly #logs: { number: number; readonly writer: LogWriter }[]
  readonly #make: MakeRecord
  readonly #say: (line: string) => void
  #id = 0
  #peakMiB = 0

  constructor(installation: Installation, hasDruid: boolean, make: MakeRecord, say: (line: string) => void) {
    this.installation = installation
    this.plain = plain(installation.settings)
    this.expected = new Expected(installation.settings)
    this.hasDruid = hasDruid
    this.#make = make
    this.#say = say
    this.#logs = everyCluster(installation.neighbours).map((cluster, number) => {
      const log = { number, writer: new LogWriter(cluster, installation.topic, (...at) => this.expected.add(log.number, ...at)) }
      return log
    })
  }

  get settings(): Settings {
    return this.installation.settings
  }

  async produce(count: number, { partition: only, make = this.#make, cluster = 0 }: ProduceOptions = {}): Promise<void> {
    const log = this.#logs[cluster]
    if (log === undefined) throw new Error(`there is no cluster ${cluster}`)
    const shares = new Map<number, ChaosRecord[]>()
    for (let i = 0; i < count; i++) {
      const id = ++this.#id
      const partition = only ?? id % this.installation.partitions.length
      const share = shares.get(partition)
      const record = make(id, Date.now())
      if (share === undefined) shares.set(partition, [record])
      else share.push(record)
    }
    await Promise.all([...shares].map(([partition, records]) => log.writer.write(partition, records)))
  }

  flow(perSecond: number, options: ProduceOptions = {}): Flow {
    const stopping = new AbortController()
    const run = (async () => {
      for (const beganMs = Date.now(), sent = { records: 0 }; !stopping.signal.aborted; await delay(FLOW_MS)) {
        const due = Math.floor(((Date.now() - beganMs) / 1_000) * perSecond) - sent.records
        if (due > 0) await this.produce(Math.min(due, perSecond), options) // what an outage has held up does not come all at once
        sent.records += Math.max(0, due)
      }
    })()
    run.catch(() => {}) // told by `stop`
    return {
      stop: () => {
        stopping.abort()
        return run
      },
    }
  }

  beginAnew(): void {
    const [log] = this.#logs
    if (log === undefined) return
    log.number += this.#logs.length
    log.writer.beginAnew()
  }

  async start(over: Record<string, unknown> = {}, options: StartOptions = {}): Promise<Member> {
    const member = await startMember(mergedSections(this.plain, over), options)
    this.members.push(member)
    return member
  }

  async committed(): Promise<Record<BranchName, Offsets>> {
    let last = await this.#committedNow()
    return waitUntil('the committed offsets to stand still', async () => {
      await delay(STILL_MS)
      const before = last
      last = await this.#committedNow()
      return isDeepStrictEqual(before, last) ? last : null
    })
  }

  async #committedNow(): Promise<Record<BranchName, Offsets>> {
    const { admin, names } = this.installation.neighbours
    const of = async (groupId: string): Promise<Offsets> => {
      const [found] = await admin.fetchOffsets({ groupId, topics: [this.installation.topic] })
      return new Map((found?.partitions ?? []).map(({ partition, offset }) => [partition, Math.max(0, Number(offset))]))
    }
    return { detail: await of(names.detailGroup), rollup: await of(names.rollupGroup) }
  }

  async lagZero(timeoutMs = SETTLE_MS): Promise<number | null> {
    const { neighbours, topic } = this.installation
    const groups = everyCluster(neighbours).flatMap((cluster) =>
      [cluster.names.detailGroup, cluster.names.rollupGroup].map((group) => ({ cluster, group })),
    )
    const began = Date.now()
    try {
      await Promise.all(this.#logs.map(({ writer }) => writer.written))
      for (const { cluster, group } of groups)
        await waitUntil('lag zero', async () => (await lagOf(cluster, group, topic)) === 0, timeoutMs)
      return Date.now() - began
    } catch {
      return null
    }
  }

  async conclude(options: JudgeOptions = {}): Promise<Outcome> {
    const lagZeroMs = await this.lagZero()
    for (const { peakMiB } of this.members) this.#peakMiB = Math.max(this.#peakMiB, peakMiB)
    const outcome = await judge(this, options)
    const stalls = lagZeroMs === null ? [`the lag did not come to zero within ${SETTLE_MS / 1_000} s`] : []
    const concluded = {
      ...outcome,
      lagZeroMs: lagZeroMs ?? SETTLE_MS,
      peakMiB: Math.round(this.#peakMiB),
      problems: [...stalls, ...outcome.problems],
    }
    if (concluded.problems.length > 0 || concluded.lost > 0 || concluded.doubled > 0)
      this.#say(`  what the processes said: ${this.#keepLogs()}`)
    return concluded
  }

  async close(): Promise<void> {
    await Promise.all(this.members.filter(({ isAlive }) => isAlive).map((member) => member.kill('SIGKILL')))
    await Promise.all(this.#logs.map(({ writer }) => writer.close()))
    if (this.hasDruid) await endDruid(this.installation).catch(() => {}) // a fault may have ended Druid
    await this.installation.close()
  }

  #keepLogs(): string {
    const folder = mkdtempSync(join(tmpdir(), 'tracefold-chaos-'))
    for (const [i, member] of this.members.entries()) writeFileSync(join(folder, `${String(i).padStart(3, '0')}.log`), member.output())
    return folder
  }
}

function plain(settings: Settings): Record<string, unknown> {
  return JSON.parse(JSON.stringify(settings, (_, value: unknown) => (value === null ? undefined : value))) as Record<string, unknown>
}
