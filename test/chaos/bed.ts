/**
 * What a fault works on: a Tracefold installation with a name of its own, a log that is written with every record's fate known, processes, and the
 * verdict at the end. Invariant: what was produced is what the log holds, each record once; a send whose outcome is unknown is settled by the log's end.
 */
import type { Producer } from 'kafkajs'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import type { Settings } from '../../src/config/schema.ts'
import { topicOffsets } from '../../src/kafka/topic-offsets.ts'
import type { BranchName } from '../../src/store/position.ts'
import { endDruid, install, installDruid, ownSettings, type Installation } from '../support/cluster.ts'
import type { StartOptions } from '../support/tracefold.ts'
import { waitUntil } from '../support/wait.ts'
import { lagOf } from './counts.ts'
import { Expected, type Offsets } from './expected.ts'
import type { FaultContext, Outcome } from './fault.ts'
import { startMember, type Member } from './member.ts'
import { anError, type ChaosRecord, type MakeRecord } from './records.ts'
import { judge, type JudgeOptions } from './verdict.ts'

const PARTITIONS = 4
/** Records of one partition that are sent at once. */
const SEND_RECORDS = 250
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
  /** The topic was deleted and created again: offsets begin at zero. */
  beginAnew(): void
  produce(count: number, options?: { partition?: number; make?: MakeRecord }): Promise<void>
  /** So many records a second until it is stopped. */
  flow(perSecond: number): Flow
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
  #incarnation = 0
  readonly #make: MakeRecord
  readonly #say: (line: string) => void
  /** Offset of the next record of each partition, as far as it is known. */
  readonly #next = new Map<number, number>()
  #producer: Producer | null = null
  #sending: Promise<void> = Promise.resolve()
  #id = 0
  #peakMiB = 0

  constructor(installation: Installation, hasDruid: boolean, make: MakeRecord, say: (line: string) => void) {
    this.installation = installation
    this.plain = plain(installation.settings)
    this.expected = new Expected(installation.settings)
    this.hasDruid = hasDruid
    this.#make = make
    this.#say = say
  }

  get settings(): Settings {
    return this.installation.settings
  }

  produce(count: number, { partition, make = this.#make }: { partition?: number; make?: MakeRecord } = {}): Promise<void> {
    this.#sending = this.#sending.then(() => this.#produce(count, partition ?? null, make))
    return this.#sending
  }

  flow(perSecond: number): Flow {
    const stopping = new AbortController()
    const run = (async () => {
      for (const beganMs = Date.now(), sent = { records: 0 }; !stopping.signal.aborted; await delay(FLOW_MS)) {
        const due = Math.floor(((Date.now() - beganMs) / 1_000) * perSecond) - sent.records
        if (due > 0) await this.produce(Math.min(due, perSecond)) // what an outage has held up does not come all at once
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
    this.#incarnation++
    this.#next.clear()
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
    const { detailGroup, rollupGroup } = neighbours.names
    const began = Date.now()
    try {
      await this.#sending
      await waitUntil(
        'lag zero',
        async () => (await lagOf(neighbours, detailGroup, topic)) === 0 && (await lagOf(neighbours, rollupGroup, topic)) === 0,
        timeoutMs,
      )
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
    await this.#producer?.disconnect().catch(() => {})
    if (this.hasDruid) await endDruid(this.installation).catch(() => {}) // a fault may have ended Druid
    await this.installation.close()
  }

  async #produce(count: number, only: number | null, make: MakeRecord): Promise<void> {
    const { partitions } = this.installation
    const shares = new Map<number, ChaosRecord[]>()
    for (let i = 0; i < count; i++) {
      const id = ++this.#id
      const partition = only ?? id % partitions.length
      const share = shares.get(partition)
      const record = make(id, Date.now())
      if (share === undefined) shares.set(partition, [record])
      else share.push(record)
    }
    for (const [partition, records] of shares) {
      for (let at = 0; at < records.length; at += SEND_RECORDS) await this.#send(partition, records.slice(at, at + SEND_RECORDS))
    }
  }

  /** Until the records are in the log. We are its only writer, so after an error the log's end tells whether they are. */
  async #send(partition: number, records: readonly ChaosRecord[]): Promise<void> {
    const from = this.#next.get(partition) ?? (await this.#endOf(partition))
    for (;;) {
      try {
        this.#producer ??= await this.#connected()
        await this.#producer.send({
          topic: this.installation.topic,
          acks: -1,
          messages: records.map(({ key, value }) => ({ key, value, partition })),
        })
        break
      } catch {
        await this.#producer?.disconnect().catch(() => {})
        this.#producer = null
        const end = await waitUntil('the end of the log', async () => (await this.#endOf(partition)) + 1, SETTLE_MS)
        if (end - 1 === from + records.length) break
        if (end - 1 !== from)
          throw new Error(`the log of partition ${partition} ends at ${end - 1}; expected ${from} or ${from + records.length}`)
      }
    }
    records.forEach((record, i) => this.expected.add(this.#incarnation, partition, from + i, record))
    this.#next.set(partition, from + records.length)
  }

  async #connected(): Promise<Producer> {
    const producer = this.installation.neighbours.kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      retry: { retries: 5 },
    })
    await producer.connect()
    return producer
  }

  async #endOf(partition: number): Promise<number> {
    const { neighbours, topic } = this.installation
    const bounds = (await topicOffsets(neighbours.admin, topic)).get(partition)
    if (bounds === undefined) throw new Error(`partition ${partition} is not there`)
    return bounds.end
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
