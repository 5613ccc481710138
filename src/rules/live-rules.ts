/**
 * The rules of a running process. Files are watched; a set that is good is swapped in whole, of a wrong one the last good set stays, and the reason is
 * logged, counted and shown.
 *
 *   pattern folders ── at once, between two events
 *   filters, redaction, fingerprint rules ── by each stream, once what it has folded is committed (Runner.changeRules)
 */
import { loadPatterns, patternFolders, type PatternSet } from '../classify/load.ts'
import { watchPatterns } from '../classify/reload.ts'
import type { Settings } from '../config/schema.ts'
import type { HealthRegistry } from '../health.ts'
import { watchFiles, type RunningWatch } from '../lib/watched-files.ts'
import type { Logger } from '../log.ts'
import type { Metrics, RuleKind } from '../metrics.ts'
import { createRules, digestOf, loadRuleSets, ruleFiles, type Rules, type RuleSets, type StreamRules } from './rules.ts'

/** How often files are looked at. */
const LOOK_MS = 2_000

export interface LiveRulesContext {
  readonly settings: Settings
  readonly log: Logger
  readonly metrics: Metrics
  readonly health: HealthRegistry
}

export class LiveRules {
  readonly #context: LiveRulesContext
  readonly #listeners: ((rules: StreamRules) => void)[] = []
  readonly #watches: RunningWatch[]
  #patterns: PatternSet
  #rules: Rules

  /** Throws `config_invalid` where a file is wrong: a start needs a good set. */
  constructor(context: LiveRulesContext) {
    const { settings } = context
    const sets = loadRuleSets(settings)
    this.#context = context
    this.#patterns = loadPatterns(settings.patterns.folder)
    this.#rules = createRules(settings, sets, this.#patterns)
    this.#watches = [this.#followPatterns(), ...(ruleFiles(settings).length === 0 ? [] : [this.#followFiles(sets)])]
    for (const { ended } of this.#watches)
      ended.catch((error: unknown) => context.log.error({ err: error }, 'rule files are not followed any more'))
  }

  get now(): Rules {
    return this.#rules
  }

  /** Pattern rules in force, which are what the API explains categories by. */
  get patterns(): PatternSet {
    return this.#patterns
  }

  /** Calls back with each new set of rules that decide where an event goes. */
  onChange(listener: (rules: StreamRules) => void): void {
    this.#listeners.push(listener)
  }

  async stop(): Promise<void> {
    await Promise.allSettled(this.#watches.map((watch) => watch.stop()))
  }

  #followPatterns(): RunningWatch {
    return watchPatterns({
      folders: patternFolders(this.#context.settings.patterns.folder),
      inForce: this.#patterns,
      everyMs: LOOK_MS,
      onChange: (set) => {
        this.#patterns = set
        this.#rules.usePatterns(set)
        this.#saySwapped('patterns', { rules: set.rules.length })
      },
      onError: (error) => this.#sayWrong('patterns', error),
    })
  }

  #followFiles(inForce: RuleSets): RunningWatch {
    const { settings } = this.#context
    return watchFiles({
      paths: ruleFiles(settings),
      read: () => loadRuleSets(settings),
      digestOf: (sets) => JSON.stringify(digestOf(sets)),
      inForce,
      everyMs: LOOK_MS,
      onChange: (sets) => {
        this.#rules = createRules(settings, sets, this.#patterns)
        for (const listener of this.#listeners) listener(this.#rules)
        this.#saySwapped('rules', { digest: this.#rules.digest })
      },
      onError: (error) => this.#sayWrong('rules', error),
    })
  }

  #saySwapped(what: RuleKind, fields: object): void {
    this.#context.health.set(what, true, 'the newest are in force')
    this.#context.log.info(fields, `${what} were read again`)
  }

  /** No reason to take the process out of service. */
  #sayWrong(what: RuleKind, error: Error): void {
    const { health, log, metrics } = this.#context
    metrics.ruleErrors.inc({ what })
    health.set(what, true, `the last good ones stay in force: ${error.message}`)
    log.error(`${what} are wrong, the last good ones stay in force: ${error.message}`)
  }
}
