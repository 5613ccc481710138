/**
 * In: an event, what is known of it, and its position. Out: whether it is kept, or what dropped it.
 *
 *   rules in order ── first that matches: drop | keep | sample
 *        └─ none ──> the level filter (minLevel, minLevelWithThrowable)
 *
 * `keep` beats the level filter, and so does the share of a `sample` that names levels; any other sample only thins out what the level filter lets
 * through. What the level filter drops anyway is counted as `level`, whatever `drop` rule matches it too: so a rule's count is what the rule took away,
 * and where no rule for a level can beat the level filter, nothing but the level is looked at.
 *
 * Invariant: a function of the event and its position alone, so that a replay decides alike: a sample is drawn by a hash of the position. Never
 * throws; nothing is lost here but by a rule that says so. The time is bounded by the rules' own checks (see match/phrases.ts).
 */
import { hash } from 'node:crypto'
import { namesOf, type Test } from '../match/class-names.ts'
import { MAX_MATCHED_CHARS } from '../match/regex-cost.ts'
import type { Settings } from '../config/schema.ts'
import { LEVELS, type ErrorEvent, type Grouping, type Level } from '../event.ts'
import { partitionKey, type Partition } from '../source/source.ts'
import { globTest } from '../match/glob.ts'
import { regexSource } from '../match/regex-syntax.ts'
import { type FilterMatch, type FilterRule, type FilterRules } from './rule-file.ts'

export interface FilterSubject {
  readonly event: ErrorEvent
  readonly job: string
  readonly environment: string | null
  /** Exception types that a rule may name: the outermost and the root cause's; none without a throwable. Called only where a rule asks. */
  readonly types: () => readonly string[]
}

/** What a subject's `types` are: of the chain, outermost first, those that decide what an error is called. */
export function typesOf({ exceptionClass, rootCauseClass }: Grouping): string[] {
  return [...new Set([exceptionClass, rootCauseClass])].filter((type) => type !== null)
}

export interface FilterPosition {
  readonly partition: Partition
  readonly offset: number
  /** Of the event within its record. */
  readonly index: number
}

export type Verdict =
  | { readonly kind: 'keep' }
  | { readonly kind: 'drop'; readonly reason: 'level' }
  /** `rule`: its id. */
  | { readonly kind: 'drop'; readonly reason: 'rule'; readonly rule: string }

export interface Filter {
  (subject: FilterSubject, position: FilterPosition): Verdict
  /** What the level decides alone; null where a rule may have a say. Asked first, it spares the making of a subject: `byLevel(event) ?? filter(subject, position)`. */
  byLevel(event: Pick<ErrorEvent, 'level' | 'throwable'>): Verdict | null
}

type Ask = (subject: FilterSubject) => boolean

interface Compiled {
  readonly levels: readonly Level[] | null
  /** All must say yes; the cheapest first. */
  readonly asks: readonly Ask[]
  readonly beatsLevel: boolean
  readonly decide: (position: FilterPosition) => Verdict
}

/** All events of one level, with or without a throwable. */
interface Plan {
  readonly rules: readonly Compiled[]
  /** The level filter's say. */
  readonly otherwise: Verdict
  readonly sure: Verdict | null
}

const KEEP: Verdict = { kind: 'keep' }
const BELOW: Verdict = { kind: 'drop', reason: 'level' }
/** Digits of the position's hash that are drawn from: 48 bits, exact in a number. */
const DRAWN_DIGITS = 12

export function createFilter({ rules }: FilterRules, levels: Pick<Settings['filter'], 'minLevel' | 'minLevelWithThrowable'>): Filter {
  const compiled = rules.map(compile)
  const least = LEVELS.indexOf(levels.minLevel)
  const leastThrown = Math.min(least, LEVELS.indexOf(levels.minLevelWithThrowable))
  const plans = new Map(
    LEVELS.map((level, i) => [level, { plain: planOf(compiled, level, i >= least), thrown: planOf(compiled, level, i >= leastThrown) }]),
  )
  const planFor = ({ level, throwable }: Pick<ErrorEvent, 'level' | 'throwable'>): Plan =>
    plans.get(level)![throwable === null ? 'plain' : 'thrown']
  const filter = (subject: FilterSubject, position: FilterPosition): Verdict => {
    const plan = planFor(subject.event)
    return plan.sure ?? decide(plan, subject, position)
  }
  return Object.assign(filter, { byLevel: (event: Pick<ErrorEvent, 'level' | 'throwable'>) => planFor(event).sure })
}

function planOf(compiled: readonly Compiled[], level: Level, passes: boolean): Plan {
  const rules = compiled.filter((rule) => rule.levels?.includes(level) ?? true)
  const otherwise = passes ? KEEP : BELOW
  const isSure = passes ? rules.length === 0 : rules.every((rule) => !rule.beatsLevel)
  return { rules, otherwise, sure: isSure ? otherwise : null }
}

function decide({ rules, otherwise }: Plan, subject: FilterSubject, position: FilterPosition): Verdict {
  for (const rule of rules) {
    if (rule.asks.every((ask) => ask(subject))) return otherwise === KEEP || rule.beatsLevel ? rule.decide(position) : BELOW
  }
  return otherwise
}

function compile(rule: FilterRule): Compiled {
  const levels = rule.match.level ?? null
  const dropped: Verdict = { kind: 'drop', reason: 'rule', rule: rule.id }
  const base = { levels, asks: asksOf(rule.match) }
  if (rule.action === 'drop') return { ...base, beatsLevel: false, decide: () => dropped }
  if (rule.action === 'keep') return { ...base, beatsLevel: true, decide: () => KEEP }
  const { keep } = rule
  return { ...base, beatsLevel: levels !== null, decide: (position) => (drawOf(position) < keep ? KEEP : dropped) }
}

/** From 0 to below 1, even over all positions. No clock, no chance, no neighbour: the same in every replay and every process. */
function drawOf({ partition, offset, index }: FilterPosition): number {
  return parseInt(hash('sha256', `${partitionKey(partition)}@${offset}#${index}`, 'hex').slice(0, DRAWN_DIGITS), 16) / 16 ** DRAWN_DIGITS
}

function asksOf({ layout, environment, job, logger, context = {}, type, message }: FilterMatch): Ask[] {
  const asks: Ask[] = []
  if (layout !== undefined) asks.push(({ event }) => layout.includes(event.layout))
  if (environment !== undefined) asks.push(orNull(globTest(environment), (subject) => subject.environment))
  if (job !== undefined) asks.push(orNull(globTest(job), (subject) => subject.job))
  if (logger !== undefined) asks.push(orNull(namesOf(logger).test, ({ event }) => event.logger))
  for (const [key, values] of Object.entries(context)) asks.push(orNull(globTest(values), ({ event }) => event.context.get(key) ?? null))
  if (type !== undefined) asks.push(typeAsk(type))
  if (message !== undefined) asks.push(messageAsk(message))
  return asks
}

/** What is not there matches nothing. */
function orNull(test: Test, textOf: (subject: FilterSubject) => string | null): Ask {
  return (subject) => {
    const text = textOf(subject)
    return text !== null && test(text)
  }
}

function typeAsk(types: readonly string[]): Ask {
  const { test } = namesOf(types.map(dotted))
  return (subject) => subject.types().some((type) => test(dotted(type)))
}

/** Nested classes, written as `Outer$Inner` or `Outer.Inner`. */
function dotted(type: string): string {
  return type.replaceAll('$', '.')
}

/** Case does not count. What an expression may cost is reckoned for a text of this length. */
function messageAsk(entries: readonly string[]): Ask {
  const tests = entries.map(messageTest)
  return ({ event: { message } }) => {
    const text = (message.length > MAX_MATCHED_CHARS ? message.slice(0, MAX_MATCHED_CHARS) : message).toLowerCase()
    return tests.some((test) => test(text))
  }
}

function messageTest(entry: string): Test {
  const source = regexSource(entry)
  if (source === null) return globTest([entry.toLowerCase()])
  const regex = RegExp(source, 'i')
  return (text) => regex.test(text)
}
