/**
 * In: an event and the rules. Out: its grouping: a ladder of keys (ladder.ts), and words for people.
 *
 *   trace or message -> ladder of keys -> group rules that the trace decides     once per distinct trace
 *                                      -> group rules and producer's fingerprint  per event, where there are such
 *
 * Where rules changed lately, the key by the rules before is found along with it, so that an error can be followed across the change.
 *
 * Invariant: a pure function of event, rules and the algorithm's version (algorithms.ts). No state, clock or order of arrival decides a key: the
 * cache answers what would be computed. Never throws, so no record is lost here, and a repeat gives the same key.
 */
import type { ErrorEvent, Grouping } from '../event.ts'
import { algorithmOf, FINGERPRINT_VERSION } from './algorithms.ts'
import { createKnownTraces, type Subject } from './known-traces.ts'
import { createMatcher, type GroupMatcher } from './overrides.ts'
import { candidatesFor, PRODUCER_KEY, regroup, regroupAsProducer } from './regroup.ts'
import { overridesOf, ownPackagesOf, rulesDigest, type FingerprintRules } from './rules.ts'

export { FINGERPRINT_VERSION, rulesDigest, type FingerprintRules }

/** Groups what a trace or a message decides; `forEvent` adds what the event decides, and costs a look-up where no rule asks for that. */
export interface Grouper {
  (subject: Subject): Grouping
  forEvent(grouping: Grouping, event: ErrorEvent, job?: string | null): Grouping
}

/** What a trace was grouped to, and the group rules that an event of it may still meet, in order. */
interface Found {
  readonly grouping: Grouping
  readonly candidates: readonly GroupMatcher[]
}

/** One set of rules, without its previous one. */
interface Level {
  find(subject: Subject): Found
  /** Whether an event may be grouped otherwise than its trace. */
  asks(event: ErrorEvent): boolean
  finish(found: Found, event: ErrorEvent, job: string | null): Grouping
}

export function createFingerprinter(rules: FingerprintRules): (event: ErrorEvent, job?: string | null) => Grouping {
  const group = createGrouper(rules)
  const known = createKnownTraces(group)
  return (event, job = null) => group.forEvent(known(event), event, job)
}

/** The same without a cache, for one subject at a time. */
export function createGrouper(rules: FingerprintRules): Grouper {
  const now = createLevel(rules)
  const before = rules.previous === undefined || rules.previous === null ? null : createLevel(rules.previous)
  const findings = new WeakMap<Grouping, { readonly now: Found; readonly before: Found | null }>()
  const group = (subject: Subject): Grouping => {
    const finding = { now: now.find(subject), before: before?.find(subject) ?? null }
    const grouping = linked(finding.now.grouping, finding.before?.grouping ?? null)
    findings.set(grouping, finding)
    return grouping
  }
  const forEvent = (grouping: Grouping, event: ErrorEvent, job: string | null = null): Grouping => {
    if (!now.asks(event) && before?.asks(event) !== true) return grouping
    const finding = findings.get(grouping)
    if (finding === undefined) return grouping
    return linked(now.finish(finding.now, event, job), finding.before === null ? null : before!.finish(finding.before, event, job))
  }
  return Object.assign(group, { forEvent })
}

/** The key before is worth a mention only where it was another. */
function linked(now: Grouping, before: Grouping | null): Grouping {
  return before === null || before.fp === now.fp ? now : { ...now, previous: before.fp }
}

function createLevel(rules: FingerprintRules): Level {
  const { createLadder, keyOf } = algorithmOf(rules.version)
  const overrides = overridesOf(rules)
  const matcher = createMatcher(overrides)
  const ladderOf = createLadder(ownPackagesOf(rules), matcher)
  const hasEventRules = matcher.groups.some((group) => group.needsEvent)
  const givenBy = (event: ErrorEvent) => (overrides.producerFingerprint ? event.context.get(PRODUCER_KEY) : undefined)
  return {
    find(subject) {
      const { grouping, traits } = ladderOf(subject)
      const candidates = candidatesFor(traits, matcher.groups)
      const sure = candidates[0]?.needsEvent === false ? candidates[0] : null
      return sure === null ? { grouping, candidates } : { grouping: regroup(grouping, sure, null, null, keyOf), candidates: [] }
    },
    asks: (event) => hasEventRules || givenBy(event) !== undefined,
    finish({ grouping, candidates }, event, job) {
      const met = candidates.find((candidate) => candidate.isMetBy(event, job))
      const grouped = met === undefined ? grouping : regroup(grouping, met, event, job, keyOf)
      const given = givenBy(event)
      return given === undefined ? grouped : regroupAsProducer(grouped, given, keyOf)
    },
  }
}
