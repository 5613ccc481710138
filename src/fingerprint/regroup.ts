/**
 * In: what a trace or a message was grouped to, and the event. Out: its grouping, where a producer's own fingerprint or an operator's
 * group rule says otherwise. The producer wins, then the first rule that matches.
 *
 * A rule names the group, or adds to the one that was found: `{{default}} {{context.tenant}}`. What the trace and the logger decide is
 * decided once for a trace; context and job are looked at per event, where a rule asks for them. Pure; never throws.
 */
import type { ErrorEvent, Grouping } from '../event.ts'
import type { KeyOf } from './key.ts'
import type { GroupMatcher, Traits } from './overrides.ts'
import { citing } from './words.ts'

/** The context key under which a producer gives its own fingerprint: a text, or a JSON list of texts. */
export const PRODUCER_KEY = 'error.fingerprint'
const DEFAULT = /^\{\{ ?default ?\}\}$/
const PLACEHOLDER = /\{\{([^{}]+)\}\}/g

/** Rules that the trace meets, in order, up to the first that asks nothing else: only these can win. */
export function candidatesFor(traits: Traits, groups: readonly GroupMatcher[]): readonly GroupMatcher[] {
  const met = groups.filter((group) => group.isMetByTrace(traits))
  const sure = met.findIndex((group) => !group.needsEvent)
  return sure < 0 ? met : met.slice(0, sure + 1)
}

/** `event` is null where the rule asks for none. */
export function regroup(grouping: Grouping, { rule }: GroupMatcher, event: ErrorEvent | null, job: string | null, keyOf: KeyOf): Grouping {
  const name = rule.group.replace(PLACEHOLDER, (_, what: string) => valueOf(what, grouping, event, job))
  return regrouped(
    grouping,
    keyOf,
    ['group', name],
    rule.group.includes('{{default}}') ? null : name,
    citing(`${grouping.why}; group ${JSON.stringify(rule.group)}`, [rule.id]),
  )
}

export function regroupAsProducer(grouping: Grouping, given: string, keyOf: KeyOf): Grouping {
  const parts = partsOf(given)
  const addsTo = parts.some((part) => DEFAULT.test(part))
  const key = parts.map((part) => (DEFAULT.test(part) ? grouping.fp : part))
  return regrouped(
    grouping,
    keyOf,
    ['producer', ...key],
    addsTo ? null : parts.join(' '),
    `${grouping.why}; the producer's own fingerprint in ${PRODUCER_KEY}`,
  )
}

/** A group with a name of its own is its own site, too, and bears the name; one that adds to what was found stays within its site. */
function regrouped(grouping: Grouping, keyOf: KeyOf, key: readonly string[], name: string | null, why: string): Grouping {
  const fp = keyOf(key)
  return name === null ? { ...grouping, fp, why } : { ...grouping, fp, fpSite: keyOf(['site-of', ...key]), title: name, why }
}

function valueOf(what: string, grouping: Grouping, event: ErrorEvent | null, job: string | null): string {
  if (what === 'default') return grouping.fp
  return (what === 'job' ? job : event?.context.get(what.slice('context.'.length))) ?? ''
}

function partsOf(given: string): string[] {
  if (!given.startsWith('[')) return [given]
  try {
    const list: unknown = JSON.parse(given)
    return Array.isArray(list) ? list.map(String) : [given]
  } catch {
    return [given]
  }
}
