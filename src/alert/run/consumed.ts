/**
 * How many records were consumed, and how many of them died, by the minute and over all processes: each tells the others once a minute, in the control log, for
 * whoever evaluates a rule on dead letters may be one that reads none of them.
 *
 * Of the others the last hour is known, up to a minute late. Delivery: an entry that could not be written is followed by the next, which holds the same minutes.
 */
import { z } from 'zod'
import type { ControlLog, Following } from '../../control/control-log.ts'
import { followKind, putKind, type Kind } from '../../control/kind.ts'
import type { Tally } from '../../stream/tally.ts'
import { MINUTE_MS } from '../condition.ts'
import type { PipelineReading } from '../conditions/sight.ts'

/** Our own, for rules on dead letters: as long as they may look back. */
const KEPT_MINUTES = 1_440
const TOLD_MINUTES = 60
/** What a process that is no more has told is forgotten. */
const FORGET_MS = 2 * TOLD_MINUTES * MINUTE_MS

type Minutes = PipelineReading['minutes']

const KIND: Kind<{ minutes: Minutes }> = {
  name: 'consumed',
  version: 1,
  schema: z.object({
    minutes: z.array(
      z.object({
        windowMs: z.number(),
        consumed: z.number(),
        dead: z.number(),
        reasons: z.record(z.string(), z.number()).exactOptional(),
      }),
    ),
  }),
}

type Noted = Pick<Tally, 'counted' | 'filtered' | 'dead' | 'deadBy'>

interface Minute {
  readonly windowMs: number
  consumed: number
  dead: number
  readonly reasons: Record<string, number>
}

export class Consumed {
  readonly #log: ControlLog
  readonly #owner: string
  readonly #others = new Map<string, Minutes>()
  #own: Minute[] = []
  #before: Noted = { counted: 0, filtered: 0, dead: 0, deadBy: {} }
  #toldMs = 0
  #following: Following | null = null

  constructor(log: ControlLog, owner: string) {
    this.#log = log
    this.#owner = owner
  }

  async follow(): Promise<void> {
    const onChange = (name: string, value: { minutes: Minutes } | null): void => {
      if (value === null) this.#others.delete(name)
      else if (name !== this.#owner) this.#others.set(name, value.minutes)
    }
    this.#following = await followKind(this.#log, KIND, { onChange, onIgnored: () => {} })
  }

  async stop(): Promise<void> {
    await this.#following?.stop()
  }

  /** `tally`: of this process, since its start. */
  note(nowMs: number, { counted, filtered, dead, deadBy }: Noted): void {
    const windowMs = Math.floor(nowMs / MINUTE_MS) * MINUTE_MS
    let minute = this.#own.at(-1)
    if (minute?.windowMs !== windowMs) {
      minute = { windowMs, consumed: 0, dead: 0, reasons: {} }
      this.#own = [...this.#own, minute].slice(-KEPT_MINUTES)
    }
    const before = this.#before
    minute.dead += dead - before.dead
    minute.consumed += counted + filtered + dead - before.counted - before.filtered - before.dead
    addTo(minute.reasons, deadBy)
    addTo(minute.reasons, before.deadBy, -1)
    this.#before = { counted, filtered, dead, deadBy }
  }

  /** Once a minute, where there is anything to tell. */
  async tell(nowMs: number): Promise<void> {
    const minutes = this.#own.slice(-TOLD_MINUTES).filter(({ consumed }) => consumed > 0)
    if (nowMs - this.#toldMs < MINUTE_MS || minutes.length === 0) return
    this.#toldMs = nowMs
    await putKind(this.#log, KIND, this.#owner, { minutes })
  }

  /** Those who have told nothing for long. */
  async forget(nowMs: number): Promise<void> {
    for (const [owner, minutes] of this.#others)
      if ((minutes.at(-1)?.windowMs ?? 0) < nowMs - FORGET_MS) await putKind(this.#log, KIND, owner, null)
  }

  /** Of all processes, in order of time. */
  get minutes(): Minutes {
    const sums = new Map<number, Minute>()
    for (const { windowMs, consumed, dead, reasons = {} } of [this.#own, ...this.#others.values()].flat()) {
      const sum = sums.get(windowMs) ?? { windowMs, consumed: 0, dead: 0, reasons: {} }
      addTo(sum.reasons, reasons)
      sums.set(windowMs, { ...sum, consumed: sum.consumed + consumed, dead: sum.dead + dead })
    }
    return [...sums.values()].sort((a, b) => a.windowMs - b.windowMs)
  }
}

/** What comes to nothing goes. */
function addTo(sums: Record<string, number>, counts: Readonly<Record<string, number>>, times = 1): void {
  for (const [name, count] of Object.entries(counts)) {
    const sum = (sums[name] ?? 0) + times * count
    if (sum === 0) delete sums[name]
    else sums[name] = sum
  }
}
