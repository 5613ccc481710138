/**
 * Rules made ready to be evaluated: conditions compiled, matchers turned into bits, and what of the counts and of the past they need.
 *
 * In: rules. Out: the index, good until a rule changes. Pure, but for the bits it remembers of error types.
 */
import { TYPE_FIELDS, type TypeField } from './alert-reader.ts'
import { compile, type Compiled } from './conditions/compile.ts'
import { leavesOf, MAX_WINDOW_MS, memoryMs, MINUTE_MS, spanMs } from './condition.ts'
import type { View } from './baseline.ts'
import { DEFAULT_MAX_SERIES, type Entry, type Series, type TableLimits } from './count-table.ts'
import { SHORT_MINUTES } from './count-rings.ts'
import { hasBit, matchTest, RuleBits, type Bits } from './matcher.ts'
import { ANYTHING, PER, type Matcher, type Per, type Rule } from './rule.ts'

/** What was missed is made up for in parts of so many minutes, for which the table has room. */
export const CATCH_UP_MINUTES = 60
/** Minutes under way are read so far ahead of the complete ones. */
export const OPEN_MINUTES = 10

export interface IndexedRule {
  readonly rule: Rule
  /** Its bit. */
  readonly place: number
  readonly compiled: Compiled
  /** Whether every error type belongs to it. */
  readonly isForAll: boolean
  /** Whether a subject that is silent may be in trouble. */
  readonly looksAtSilent: boolean
  readonly looksAtBlindness: boolean
  /** Whether groups that somebody muted count. */
  readonly countsMuted: boolean
  /** Of the baseline: the rule's subjects, and the jobs among them. */
  readonly view: string
  readonly jobView: string
}

export class RuleIndex {
  readonly byId: ReadonlyMap<string, IndexedRule>
  readonly byPer: Readonly<Record<Per, readonly IndexedRule[]>>
  readonly ofPipeline: readonly IndexedRule[]
  /** What a Baseline for these rules must hold. */
  readonly views: readonly View[]
  readonly limits: TableLimits
  readonly #bits: RuleBits
  readonly #bitsOfSeries = new WeakMap<Series, Bits>()
  /** By the rule's place. */
  readonly #matched = new WeakMap<Entry, { readonly version: number; readonly byRule: (readonly Series[] | undefined)[] }>()

  constructor(rules: readonly Rule[], maxSeries = DEFAULT_MAX_SERIES) {
    const indexed = rules.map(indexedRule)
    const onCounts = indexed.filter(({ compiled }) => compiled.of === 'counts')
    this.byId = new Map(indexed.map((one) => [one.rule.id, one]))
    this.byPer = Object.fromEntries(PER.map((per) => [per, onCounts.filter(({ rule }) => rule.per === per)])) as Record<Per, IndexedRule[]> // of all of PER
    this.ofPipeline = indexed.filter(({ compiled }) => compiled.of === 'pipeline')
    this.views = [...new Map(rules.flatMap(viewsOf).map((view) => [view.key, view])).values()]
    this.limits = limitsFor(rules, maxSeries)
    this.#bits = new RuleBits(rules.map(({ matcher }) => matcher))
  }

  /** The subject's error types that the rule is for. */
  matching({ isForAll, place }: IndexedRule, entry: Entry): readonly Series[] {
    if (isForAll) return entry.series
    let known = this.#matched.get(entry)
    if (known?.version !== entry.version) {
      known = { version: entry.version, byRule: [] }
      this.#matched.set(entry, known)
    }
    return (known.byRule[place] ??= this.#match(place, entry.series))
  }

  #match(place: number, series: readonly Series[]): readonly Series[] {
    const matched = series.filter((one) => hasBit(this.#bitsOf(one), place))
    return matched.length === 0 ? NONE : matched
  }

  #bitsOf(series: Series): Bits {
    const known = this.#bitsOfSeries.get(series)
    if (known !== undefined) return known
    const bits = this.#bits.of(series)
    this.#bitsOfSeries.set(series, bits)
    return bits
  }
}

const NONE: readonly Series[] = []

function indexedRule(rule: Rule, place: number): IndexedRule {
  return {
    rule,
    place,
    compiled: compile(rule.condition),
    isForAll: PARTS.every((part) => rule.matcher[part] === null),
    looksAtSilent: leavesOf(rule.condition).some(({ kind }) => kind === 'absence'),
    looksAtBlindness: leavesOf(rule.condition).some(({ kind }) => kind === 'blind'),
    countsMuted: rule.level === 'platform',
    view: viewKey(rule.per, rule.matcher),
    jobView: viewKey('job', rule.matcher),
  }
}

const PARTS = Object.keys(ANYTHING) as (keyof Matcher)[] // keys of ANYTHING are a Matcher's

function viewsOf({ per, matcher, condition }: Rule): View[] {
  const kinds = leavesOf(condition).map(({ kind }) => kind)
  return [
    ...(kinds.includes('spike') ? [viewOf(per, matcher)] : []),
    ...(kinds.includes('jobs_in_trouble') ? [viewOf('job', matcher)] : []),
  ]
}

function viewOf(per: Per, matcher: Matcher): View {
  const wanted = new Set([...SUBJECT_FIELDS[per], ...PARTS.flatMap((part) => (matcher[part] === null ? [] : MATCHED_FIELDS[part]))])
  return { key: viewKey(per, matcher), per, test: matchTest(matcher), by: TYPE_FIELDS.filter((field) => wanted.has(field)) }
}

const SUBJECT_FIELDS: Readonly<Record<Per, readonly TypeField[]>> = {
  job: ['job', 'environment'],
  group: ['job', 'environment', 'fingerprint'],
  category: ['category'],
  platform: [],
}
const MATCHED_FIELDS: Readonly<Record<keyof Matcher, readonly TypeField[]>> = {
  job: ['job'],
  environment: ['environment'],
  error: ['exceptionClass', 'rootCauseClass'],
  category: ['category'],
  severity: ['severity'],
  fingerprint: ['fingerprint'],
}

function viewKey(per: Per, matcher: Matcher): string {
  return JSON.stringify([per, ...PARTS.map((part) => matcher[part])])
}

/** The ring holds the longest window that is summed by minutes, what was missed, and what is under way. */
function limitsFor(rules: readonly Rule[], maxSeries: number): TableLimits {
  const spans = rules.map(({ condition }) => spanMs(condition) / MINUTE_MS)
  const short = Math.max(0, ...spans.map((span) => Math.min(span, SHORT_MINUTES)))
  const isLong = spans.some((span) => span > SHORT_MINUTES)
  const minutes = short + CATCH_UP_MINUTES + OPEN_MINUTES
  // What is read is so far ahead of what is evaluated: a silence must be seen to its end.
  const aheadMs = (CATCH_UP_MINUTES + OPEN_MINUTES) * MINUTE_MS
  const keepMs = Math.max(
    minutes * MINUTE_MS,
    isLong ? MAX_WINDOW_MS : 0,
    ...rules.map(({ condition }) => (memoryMs(condition) === 0 ? 0 : memoryMs(condition) + aheadMs)),
  )
  return { minutes, isLong, keepMs, maxSeries }
}
