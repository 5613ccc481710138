/**
 * The alert rules in force: the package's own, those of the user's folders, and those of the API, later ones in place of earlier ones of the same id.
 *
 * A rule that names receivers of which there is none is told to whom it would be told without naming any: a slip of the pen must not make it silent.
 *
 * Folders are watched; a set of files that is good is swapped in whole, of a wrong one the last good set stays. A rule of the API was checked when it came; one that
 * cannot be read all the same (a newer program wrote it) is left out, and said. Throws `config_invalid` at the start where a file is wrong.
 */
import { readFileSync } from 'node:fs'
import type { TracefoldError } from '../../errors.ts'
import { idOfFile, yamlFilesIn } from '../../lib/rule-folder.ts'
import { watchFiles, type RunningWatch } from '../../lib/watched-files.ts'
import type { ShownRule } from '../desk.ts'
import { readAlertRule, type RuleEntry } from '../rule-file.ts'
import type { Rule } from '../rule.ts'
import { alertRuleSet, builtInAlertFolder, readAlertRuleSet, type AlertRuleSet } from '../rule-load.ts'
import type { ApiRule } from './decisions.ts'

const LOOK_MS = 2_000

export interface AlertRulesOptions {
  readonly folders: readonly string[]
  /** Names of those that are told of alerts. */
  readonly receivers: readonly string[]
  /** A rule names receivers that there are not. */
  readonly onUnknownReceivers: (rule: string, unknown: readonly string[]) => void
  readonly api: () => ReadonlyMap<string, ApiRule>
  /** Files were swapped in. */
  readonly onChange: () => void
  readonly onError: (error: TracefoldError) => void
  readonly onEnd: (error: unknown) => void
}

export class AlertRules {
  readonly #options: AlertRulesOptions
  readonly #folders: readonly string[]
  readonly #watch: RunningWatch
  #files: AlertRuleSet
  #inForce: AlertRuleSet | null = null

  constructor(options: AlertRulesOptions) {
    this.#options = options
    this.#folders = [builtInAlertFolder(), ...options.folders]
    this.#files = readAlertRuleSet(this.#folders)
    this.#watch = watchFiles({
      paths: this.#folders,
      filesOf: yamlFilesIn,
      read: () => readAlertRuleSet(this.#folders),
      digestOf: ({ digest }) => digest,
      inForce: this.#files,
      everyMs: LOOK_MS,
      onChange: (set) => {
        this.#files = set
        this.changed()
        options.onChange()
      },
      onError: options.onError,
    })
    this.#watch.ended.catch(options.onEnd)
  }

  get now(): AlertRuleSet {
    this.#inForce ??= this.#withKnownReceivers(
      alertRuleSet([...this.#files.rules.map((rule): RuleEntry => ({ id: rule.id, rule })), ...this.#apiEntries()]),
    )
    return this.#inForce
  }

  /** Those of the API are others now. */
  changed(): void {
    this.#inForce = null
  }

  /** As they are written now; of those with faults the last good ones are in force. */
  shown(): ShownRule[] {
    const own = this.#folders.flatMap((folder, i) => shownFiles(folder, i === 0 ? 'built-in' : 'file'))
    const ofApi = [...this.#options.api()].map(([id, { text }]) => shownRule(id, 'api', null, text))
    return [...own, ...ofApi].sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)) // a stable sort: by source within
  }

  async stop(): Promise<void> {
    await this.#watch.stop().catch(() => {}) // told to onEnd
  }

  #withKnownReceivers({ rules, digest }: AlertRuleSet): AlertRuleSet {
    const known = (rule: Rule): Rule => {
      const named = rule.receivers?.filter((name) => this.#options.receivers.includes(name)) ?? []
      if (rule.receivers === null || named.length === rule.receivers.length) return rule
      this.#options.onUnknownReceivers(
        rule.id,
        rule.receivers.filter((name) => !named.includes(name)),
      )
      return { ...rule, receivers: named.length === 0 ? null : named }
    }
    return { rules: rules.map(known), digest }
  }

  #apiEntries(): RuleEntry[] {
    return [...this.#options.api()].flatMap(([id, { text }]) => {
      const read = readAlertRule(text)
      return 'value' in read && read.value.id === id ? [read.value] : []
    })
  }
}

export function shownRule(id: string, source: ShownRule['source'], file: string | null, text: string): ShownRule {
  const read = readAlertRule(text)
  if ('faults' in read) return { id, source, file, text, rule: null, faults: read.faults }
  const faults = read.value.id === id ? [] : [{ line: 1, field: 'id', why: `expected ${id}, got ${read.value.id}` }]
  return { id, source, file, text, rule: faults.length === 0 ? read.value.rule : null, faults }
}

function shownFiles(folder: string, source: ShownRule['source']): ShownRule[] {
  try {
    return yamlFilesIn(folder).map((file) => shownRule(idOfFile(file), source, file, readFileSync(file, 'utf8')))
  } catch {
    return [] // the watch says what is wrong with the folder
  }
}
