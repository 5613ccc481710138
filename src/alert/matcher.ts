/**
 * In: what a rule is for. Out: a test of an error type; and for many rules at once, which of them an error type belongs to.
 *
 * `RuleBits` asks each rule once for each distinct value and not for each error type: there are few exception classes and categories, and a
 * job has many error types. An error type's rules are then a few ANDs of bit sets. (80,000 error types x 50 rules: see the benchmark `alerts`.)
 * Pure, but for what it remembers.
 */
import { namesOf, type Test } from '../match/class-names.ts'
import { globTest } from '../match/glob.ts'
import type { TypeField } from './alert-reader.ts'
import type { Matcher } from './rule.ts'

/** What is not there matches only where nothing is asked of it. */
export type Matched = { readonly [field in TypeField]: string | null }
export type MatchTest = (type: Matched) => boolean

/** A set of small numbers: bit i of word i / 32. */
export type Bits = Uint32Array

const BITS = 32
/** Distinct values remembered of one field. */
const MAX_KNOWN = 100_000

export function matchTest(matcher: Matcher): MatchTest {
  const tests = testsOf(matcher)
  const ok = (test: Test | null, value: string | null): boolean => test === null || (value !== null && test(value))
  return (type) =>
    ok(tests.job, type.job) &&
    ok(tests.environment, type.environment) &&
    ok(tests.category, type.category) &&
    ok(tests.severity, type.severity) &&
    ok(tests.fingerprint, type.fingerprint) &&
    (tests.error === null || ok(tests.error, type.rootCauseClass) || ok(tests.error, type.exceptionClass))
}

export class RuleBits {
  readonly #tests: readonly ReturnType<typeof testsOf>[]
  readonly #words: number
  readonly #known = new Map<keyof Matcher, Map<string | null, Bits>>()

  constructor(matchers: readonly Matcher[]) {
    this.#tests = matchers.map(testsOf)
    this.#words = Math.max(1, Math.ceil(matchers.length / BITS))
  }

  of(type: Matched): Bits {
    const bits = this.#by('job', type.job).slice()
    const [environment, category, severity] = [
      this.#by('environment', type.environment),
      this.#by('category', type.category),
      this.#by('severity', type.severity),
    ]
    const [root, outer, fingerprint] = [
      this.#by('error', type.rootCauseClass),
      this.#by('error', type.exceptionClass),
      this.#by('fingerprint', type.fingerprint),
    ]
    for (let i = 0; i < bits.length; i++)
      bits[i]! &= environment[i]! & category[i]! & severity[i]! & fingerprint[i]! & (root[i]! | outer[i]!)
    return bits
  }

  #by(field: keyof Matcher, value: string | null): Bits {
    const byValue = this.#known.get(field) ?? new Map<string | null, Bits>()
    if (byValue.size === 0) this.#known.set(field, byValue)
    const known = byValue.get(value)
    if (known !== undefined) return known
    const bits = new Uint32Array(this.#words)
    for (const [i, tests] of this.#tests.entries()) {
      const test = tests[field]
      if (test === null || (value !== null && test(value))) bits[i >>> 5]! |= 1 << (i & 31)
    }
    if (byValue.size >= MAX_KNOWN) byValue.clear()
    // A fingerprint is asked for once for each series: to remember it would grow with them.
    if (field !== 'fingerprint') byValue.set(value, bits)
    return bits
  }
}

export function hasBit(bits: Bits, i: number): boolean {
  return (bits[i >>> 5]! & (1 << (i & 31))) !== 0
}

function testsOf({ job, environment, error, category, severity, fingerprint }: Matcher): Readonly<Record<keyof Matcher, Test | null>> {
  const glob = (patterns: readonly string[] | null) => (patterns === null ? null : globTest(patterns))
  return {
    job: glob(job),
    environment: glob(environment),
    error: error === null ? null : namesOf(error).test,
    category: glob(category),
    severity: glob(severity),
    fingerprint: glob(fingerprint),
  }
}
