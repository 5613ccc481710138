/**
 * What it costs to give an event its category: for a trace or message seen for the first time, and for one that is known, with 20 rules and with all. Beside
 * it, from the same run, the plain twin that tries rule after rule. Decoding and fingerprints are not in it, save where said.
 */
import { createAnalyser } from '../../src/classify/analyse.ts'
import { linksOf } from '../../src/classify/links.ts'
import { loadPatterns } from '../../src/classify/load.ts'
import { createClassifier } from '../../src/classify/match.ts'
import type { PatternRule } from '../../src/classify/rule.ts'
import { slowest } from '../../src/classify/slowest.ts'
import { loadSettings } from '../../src/config/load.ts'
import { createDecoder } from '../../src/decode/decode.ts'
import { parseTrace } from '../../src/decode/stack-trace.ts'
import type { ErrorEvent, Throwable } from '../../src/event.ts'
import { ecsRecords, machine, say } from './support.ts'

const EVENTS = 2_400
const FEW = 20
const ROUNDS = 20

export async function benchPatterns(): Promise<void> {
  const { rules } = loadPatterns()
  const events = await decoded()
  const subjects = events.map((event) => ({ event, throwable: throwableOf(event) }))
  say('machine', machine())
  say('events of the bundled sample', String(events.length))
  for (const some of [spread(rules, FEW), rules]) {
    const classifierFor = createClassifier({ rules: some })
    const subjectOf = ({ event, throwable }: (typeof subjects)[number]) => ({
      throwable,
      truncated: false,
      logger: event.logger,
      message: throwable === null ? event.message : '',
      messageTemplate: null,
    })
    say(
      `first seen, ${some.length} rules`,
      micros(subjects, (one) => classifierFor(subjectOf(one))(one.event.message)),
    )
    say(
      `first seen, ${some.length} rules, one after the other`,
      micros(subjects, (one) => plainly(some, one.throwable, one.event.message)),
    )
    const analyse = createAnalyser({ fingerprint: { ownPackages: [] }, patterns: { rules: some, digest: '' } })
    say(`known, ${some.length} rules, with its fingerprint`, micros(events, analyse))
  }
  const worst = slowest(rules)
  say(`slowest rule on lines made to be slow: ${worst.rule}`, `${worst.micros.toFixed(0)} µs`)
}

async function decoded(): Promise<ErrorEvent[]> {
  const decode = createDecoder(loadSettings({ file: null, env: {}, overrides: {} }).limits)
  return [...(await ecsRecords(EVENTS))]
    .flatMap(({ value }) => decode(value))
    .flatMap((outcome) => (outcome.kind === 'ok' ? [outcome.value] : []))
}

function throwableOf({ throwable }: ErrorEvent): Throwable | null {
  if (throwable === null) return null
  return throwable.form === 'chain' ? throwable.chain : parseTrace(throwable.text, throwable).throwable
}

/** Every n-th rule, so that the few are of all families. */
function spread(rules: readonly PatternRule[], count: number): PatternRule[] {
  return rules.filter((_, place) => Math.floor((place * count) / rules.length) !== Math.floor(((place - 1) * count) / rules.length))
}

/** The plain twin. */
function plainly(rules: readonly PatternRule[], throwable: Throwable | null, message: string): string | undefined {
  const links = linksOf({ throwable, message })
  const log = message.slice(0, 2_048).toLowerCase()
  const texts = links.map((link) => link.message?.slice(0, 2_048).toLowerCase() ?? '')
  return rules.find(({ exception, message: words }) => {
    if (links.some((link, i) => (exception?.test(link.type) ?? true) && (words === null || words.test(texts[i] ?? '')))) return true
    return exception === null && words?.test(log) === true
  })?.id
}

/** Of CPU, for one of them; the first round warms up and does not count. */
function micros<T>(all: readonly T[], run: (one: T) => unknown): string {
  for (const one of all) run(one)
  const start = process.cpuUsage()
  for (let round = 0; round < ROUNDS; round++) for (const one of all) run(one)
  const { user, system } = process.cpuUsage(start)
  return `${((user + system) / ROUNDS / all.length).toFixed(2)} µs`
}
