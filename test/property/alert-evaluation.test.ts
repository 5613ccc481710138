/**
 * Whatever comes when, and whoever evaluates: an episode begins once and ends once; an evaluation repeated says nothing new; another process that goes on from
 * the states says what the first would have said; a gap, and looking at minutes under way, change nothing of the episodes.
 *
 * The counts of a minute are final once the minute is complete, as evaluation may expect; while it is under way a part of them has come.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { CountRow } from '../../src/alert/alert-reader.ts'
import type { Evaluation, EvaluationState } from '../../src/alert/evaluate.ts'
import { GroupMemory } from '../../src/alert/group-memory.ts'
import type { Rule } from '../../src/alert/rule.ts'
import { aCountRow, aRule, Desk } from '../support/alert-builders.ts'
import { MINUTE, T0 } from '../support/builders.ts'

const MINUTES = 50
const BASE = { keepFiring: '3m' }

const RULES: readonly Rule[] = [
  aRule({ ...BASE, id: 'count', condition: { count: { over: '3m', atLeast: 12 } } }),
  aRule({ ...BASE, id: 'pending', keepFiring: '1s', pending: '2m', condition: { count: { over: '2m', atLeast: 6 } } }),
  aRule({ ...BASE, id: 'ratio', condition: { ratio: { over: '2m', atLeast: 2, minimum: 5 } } }),
  aRule({ ...BASE, id: 'absence', keepFiring: '1m', condition: { absence: { over: '4m', seenWithin: '20m' } } }),
  aRule({ ...BASE, id: 'new', per: 'group', condition: { new_group: { notSeenForDays: 7, minimum: 3, over: '5m' } } }),
  aRule({ ...BASE, id: 'joined', condition: { all: [{ hosts: { over: '2m', atLeast: 3 } }, { count: { over: '4m', atLeast: 10 } }] } }),
  aRule({
    ...BASE,
    id: 'all',
    level: 'platform',
    per: 'platform',
    condition: { any: [{ count: { over: '1m', atLeast: 15 } }, { jobs_in_trouble: { over: '2m', atLeast: 2, events: 6 } }] },
  }),
]

/** For each minute, the counts of four error types of two jobs. */
const timelines = fc.array(
  fc.array(fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 2, arbitrary: fc.nat(8) }), { minLength: 4, maxLength: 4 }),
  { minLength: MINUTES, maxLength: MINUTES },
)

function rowsOf(timeline: readonly (readonly number[])[]): CountRow[] {
  return timeline.flatMap((counts, minute) =>
    counts.flatMap((count, i) =>
      count === 0
        ? []
        : [
            aCountRow({
              windowMs: T0 + minute * MINUTE,
              count,
              hosts: 1 + (count % 4),
              job: i < 2 ? 'orders' : 'payments',
              fingerprint: `v1:0${i}`,
              title: `T${i}`,
            }),
          ],
    ),
  )
}

/** As far as `nowMs`: of the minute under way a part. */
function come(rows: readonly CountRow[], nowMs: number): CountRow[] {
  const open = Math.floor(nowMs / MINUTE) * MINUTE
  const part = (nowMs - open) / MINUTE
  return rows.flatMap((row) => {
    const count = row.windowMs < open ? row.count : row.windowMs === open ? Math.floor(row.count * part) : 0
    return count === 0 ? [] : [{ ...row, count }]
  })
}

type Told = string

/** One process after the other: each look reads what has come and evaluates. */
class World {
  readonly told: Told[] = []
  readonly #rows: readonly CountRow[]
  readonly #groups = new GroupMemory()
  #desk: Desk

  constructor(rows: readonly CountRow[]) {
    this.#rows = rows
    this.#desk = new Desk(RULES, { groups: this.#groups, state: { version: 1, untilMs: T0, alerts: new Map() } })
  }

  get state(): EvaluationState {
    return this.#desk.state
  }

  look(nowMs: number): Evaluation {
    const complete = Math.floor(nowMs / MINUTE) * MINUTE
    const read = Math.ceil(nowMs / MINUTE) * MINUTE
    if (read > T0) this.#desk.read(T0, read, come(this.#rows, nowMs), complete)
    const result = this.#desk.evaluate(complete, { readUntilMs: read })
    this.told.push(
      ...result.news.map(({ key, startsAtMs, endsAtMs }) =>
        endsAtMs === null ? `${key} began ${(startsAtMs - T0) / MINUTE}` : `${key} ended ${(endsAtMs - T0) / MINUTE}`,
      ),
    )
    return result
  }

  /** Another process has the states as they were written, and reads the counts anew. */
  takeOver(nowMs: number): void {
    const { version, untilMs, alerts } = this.#desk.state
    const written = JSON.stringify({ version, untilMs, alerts: [...alerts] })
    const read = JSON.parse(written) as Omit<EvaluationState, 'alerts'> & { alerts: [string, never][] } // what was written above
    this.#desk = new Desk(RULES, { groups: this.#groups, state: { ...read, alerts: new Map(read.alerts) } })
    this.#desk.table.noteSeen(come(this.#rows, Math.floor(nowMs / MINUTE) * MINUTE))
  }
}

const END = T0 + MINUTES * MINUTE
const everyMinute = Array.from({ length: MINUTES }, (_, i) => T0 + (i + 1) * MINUTE)
/** Looks at any times, the last at the end. */
const looks = fc
  .array(fc.nat(MINUTES * 60), { maxLength: 60 })
  .map((seconds) => [...new Set([...seconds.sort((a, b) => a - b).map((second) => T0 + second * 1_000), END])])

function lookedAt(
  timeline: readonly (readonly number[])[],
  times: readonly number[],
  each: (world: World, time: number) => void = () => {},
): World {
  const world = new World(rowsOf(timeline))
  for (const time of times) {
    world.look(time)
    each(world, time)
  }
  return world
}

function plain({ alerts, untilMs }: EvaluationState): unknown {
  return { untilMs, alerts: [...alerts.entries()].sort(([a], [b]) => (a < b ? -1 : 1)) }
}

test('an episode begins once and ends once, in turns', () => {
  fc.assert(
    fc.property(timelines, looks, (timeline, times) => {
      const { told } = lookedAt(timeline, times)
      expect(new Set(told).size).toBe(told.length)
      const last = new Map<string, string>()
      for (const line of told) {
        const [key = '', what = ''] = line.split(' ')
        expect(what).toBe(last.get(key) === 'began' ? 'ended' : 'began')
        last.set(key, what)
      }
    }),
    { numRuns: 30 },
  )
})

test('an evaluation repeated at the same instant tells nothing and changes nothing', () => {
  fc.assert(
    fc.property(timelines, looks, (timeline, times) => {
      lookedAt(timeline, times, (world, time) => {
        const before = plain(world.state)
        expect(world.look(time).news).toEqual([])
        expect(plain(world.state)).toEqual(before)
      })
    }),
    { numRuns: 30 },
  )
})

test('a take-over at any point changes nothing of what is told', () => {
  fc.assert(
    fc.property(timelines, looks, fc.func(fc.boolean()), (timeline, times, takesOver) => {
      const undisturbed = lookedAt(timeline, times)
      const taken = lookedAt(timeline, times, (world, time) => {
        if (takesOver(time)) world.takeOver(time)
      })
      expect(taken.told.toSorted()).toEqual(undisturbed.told.toSorted())
      expect(plain(taken.state)).toEqual(plain(undisturbed.state))
    }),
    { numRuns: 30 },
  )
})

test('gaps, and looks at minutes under way, change nothing of the episodes', () => {
  fc.assert(
    fc.property(timelines, looks, (timeline, times) => {
      const continuous = lookedAt(timeline, everyMinute)
      const other = lookedAt(timeline, times)
      expect(other.told.toSorted()).toEqual(continuous.told.toSorted())
      expect(withoutPeak(plain(other.state))).toEqual(withoutPeak(plain(continuous.state)))
    }),
    { numRuns: 30 },
  )
})

/** What a look at half a minute has told stays a peak. */
function withoutPeak(state: unknown): unknown {
  return JSON.parse(JSON.stringify(state, (name, value: unknown) => (name === 'peak' ? undefined : value)))
}

test('these rules tell enough for the above to mean something', () => {
  const worlds = fc.sample(timelines, { numRuns: 20, seed: 7 }).map((timeline) => lookedAt(timeline, everyMinute))
  const told = worlds.flatMap((world) => world.told)
  for (const { id } of RULES)
    expect({ id, episodes: told.filter((line) => line.startsWith(`${id}:`) && line.includes('began')).length }).not.toEqual({
      id,
      episodes: 0,
    })
})
