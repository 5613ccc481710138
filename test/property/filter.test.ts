/** The filter against a plain reading of its rules, and its sampling against arithmetic. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LEVELS, type Level } from '../../src/event.ts'
import { createFilter, type FilterPosition, type FilterSubject, type Verdict } from '../../src/filter/filter.ts'
import { readFilterRules, type FilterRule, type FilterRules } from '../../src/filter/rule-file.ts'
import { anEvent, aPartition, TRACE } from '../support/builders.ts'

const NAMES = ['a', 'b', 'c'] as const
const name = fc.constantFrom(...NAMES)
const level = fc.constantFrom(...LEVELS)
const names = fc.uniqueArray(name, { minLength: 1, maxLength: 2 })
const match = fc
  .record(
    {
      level: fc.uniqueArray(level, { minLength: 1, maxLength: 3 }),
      job: names,
      logger: names,
      type: names,
      message: names,
      environment: names,
    },
    { requiredKeys: [] },
  )
  .filter((asked) => Object.keys(asked).length > 0)
const action = fc.oneof(
  fc.constant({ action: 'drop' }),
  fc.constant({ action: 'keep' }),
  fc.record({ action: fc.constant('sample'), keep: fc.constantFrom(0.000001, 0.5, 0.999999) }),
)
const rules = fc
  .array(fc.tuple(action, match), { maxLength: 6 })
  .map((list) => rulesOf(list.map(([what, when], i) => ({ id: `r${i}`, ...what, match: when }))))
const levels = fc.record({ minLevel: level, minLevelWithThrowable: level })

interface Drawn {
  readonly level: Level
  readonly thrown: boolean
  readonly job: string
  readonly logger: string
  readonly message: string
  readonly environment: string | null
  readonly types: readonly string[]
}

const drawn: fc.Arbitrary<Drawn> = fc.record({
  level,
  thrown: fc.boolean(),
  job: name,
  logger: name,
  message: name,
  environment: fc.option(name),
  types: fc.array(name, { maxLength: 2 }),
})
const position = fc
  .record({ partition: fc.nat(3), offset: fc.maxSafeNat(), index: fc.nat(9) })
  .map((at): FilterPosition => ({ ...at, partition: aPartition({ partition: at.partition }) }))

/** Through the text of a file, as in the product: JSON is YAML. */
function rulesOf(list: readonly object[]): FilterRules {
  const result = readFilterRules(JSON.stringify({ rules: list }))
  if ('faults' in result) throw new Error(JSON.stringify(result.faults))
  return result.value
}

function subjectOf({ level: at, thrown, job, logger, message, environment, types }: Drawn): FilterSubject {
  const throwable = thrown ? ({ form: 'text', type: null, message: null, text: TRACE } as const) : null
  return { event: anEvent({ level: at, throwable, logger, message }), job, environment, types: () => types }
}

function isMet({ match: asked }: FilterRule, event: Drawn): boolean {
  return (
    (asked.level?.includes(event.level) ?? true) &&
    (asked.job?.includes(event.job) ?? true) &&
    (asked.logger?.includes(event.logger) ?? true) &&
    (asked.message?.includes(event.message) ?? true) &&
    (asked.environment === undefined || (event.environment !== null && asked.environment.includes(event.environment))) &&
    (asked.type === undefined || event.types.some((type) => asked.type?.includes(type)))
  )
}

function said(verdict: Verdict): string {
  return verdict.kind === 'keep' ? 'keep' : verdict.reason === 'rule' ? `rule ${verdict.rule}` : verdict.reason
}

/** What may become of the event, by the first rule that matches. */
function expected({ rules: all }: FilterRules, event: Drawn, passes: boolean): string[] {
  const rule = all.find((one) => isMet(one, event))
  if (rule?.action === 'keep') return ['keep']
  if (!passes && !(rule?.action === 'sample' && rule.match.level !== undefined)) return ['level']
  if (rule === undefined) return ['keep']
  return rule.action === 'drop' ? [`rule ${rule.id}`] : ['keep', `rule ${rule.id}`]
}

describe('the filter', () => {
  it('lets the first rule that matches decide, and else the level', () => {
    fc.assert(
      fc.property(rules, levels, drawn, position, (set, least, event, at) => {
        const rank = LEVELS.indexOf(event.level)
        const passes = rank >= LEVELS.indexOf(least.minLevel) || (event.thrown && rank >= LEVELS.indexOf(least.minLevelWithThrowable))
        const filter = createFilter(set, least)
        const verdict = filter(subjectOf(event), at)
        expect(expected(set, event, passes)).toContain(said(verdict))
        expect(filter.byLevel(subjectOf(event).event) ?? verdict).toEqual(verdict)
      }),
      { numRuns: 1_500 },
    )
  })

  it('decides alike in a replay, whatever came before', () => {
    fc.assert(
      fc.property(rules, levels, fc.array(fc.tuple(drawn, position), { maxLength: 20 }), (set, least, events) => {
        const first = createFilter(set, least)
        const second = createFilter(rulesOf(JSON.parse(JSON.stringify(set.rules)) as object[]), least)
        const there = events.map(([event, at]) => first(subjectOf(event), at))
        const back = events.toReversed().map(([event, at]) => second(subjectOf(event), { ...at, partition: { ...at.partition } }))
        expect(back.toReversed()).toEqual(there)
      }),
      { numRuns: 500 },
    )
  })

  it('accounts for every event once: kept, below the level, or dropped by one rule that there is', () => {
    fc.assert(
      fc.property(rules, levels, fc.array(fc.tuple(drawn, position), { maxLength: 60 }), (set, least, events) => {
        const filter = createFilter(set, least)
        const counts = new Map([['keep', 0], ['level', 0], ...set.rules.map(({ id }) => [`rule ${id}`, 0] as const)])
        for (const [event, at] of events) {
          const what = said(filter(subjectOf(event), at))
          counts.set(what, counts.get(what)! + 1) // NaN for a rule that there is not
        }
        expect([...counts.values()].reduce((sum, n) => sum + n, 0)).toBe(events.length)
      }),
      { numRuns: 300 },
    )
  })
})

describe('sampling', () => {
  const EVENTS = 40_000
  const event: Drawn = { level: 'ERROR', thrown: true, job: 'a', logger: 'a', message: 'a', environment: null, types: [] }
  const subject = subjectOf(event)

  /** Which of so many positions in a row are kept. */
  function keptOf(keep: number, at: (i: number) => FilterPosition): boolean[] {
    const filter = createFilter(rulesOf([{ id: 's', action: 'sample', keep, match: { job: 'a' } }]), {
      minLevel: 'ERROR',
      minLevelWithThrowable: 'ERROR',
    })
    return Array.from({ length: EVENTS }, (_, i) => filter(subject, at(i)).kind === 'keep')
  }

  /** So far from the mean a sum of independent draws is once in three million times, and nothing here is random. */
  const farFromMean = (share: number, of: number) => 5 * Math.sqrt(of * share * (1 - share))

  const IN_A_ROW: [string, (i: number) => FilterPosition][] = [
    ['offsets', (i) => ({ partition: aPartition(), offset: i, index: 0 })],
    ['offsets far out', (i) => ({ partition: aPartition({ topic: 'x' }), offset: 9_007_199_254_700_000 + i, index: 0 })],
    ['every thousandth offset', (i) => ({ partition: aPartition(), offset: i * 1_000, index: 0 })],
    ['events of a record', (i) => ({ partition: aPartition(), offset: 1, index: i })],
    ['partitions', (i) => ({ partition: aPartition({ partition: i }), offset: 1, index: 0 })],
  ]

  it.each(IN_A_ROW)('keeps its share of %s, and of neighbours one by one', (_, at) => {
    for (const share of [0.01, 0.1, 0.5, 0.9]) {
      const kept = keptOf(share, at)
      expect(Math.abs(kept.filter(Boolean).length - EVENTS * share)).toBeLessThan(farFromMean(share, EVENTS))
      const pairs = kept.filter((one, i) => i % 2 === 0 && one && kept[i + 1]).length
      expect(Math.abs(pairs - (EVENTS / 2) * share ** 2)).toBeLessThan(farFromMean(share ** 2, EVENTS / 2))
    }
  })

  it('keeps with a larger share all that a smaller one keeps', () => {
    const at = IN_A_ROW[0]![1]
    const few = keptOf(0.05, at)
    const many = keptOf(0.2, at)
    expect(few.filter((kept, i) => kept && !many[i])).toEqual([])
  })
})
