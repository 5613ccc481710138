/**
 * The alert rules in force: the package's own, those of the user's folders, and those of the API, later ones in place of earlier ones of the same id.
 *
 * A rule that names receivers of which there is none is told to whom it would be told without naming any: a slip of the pen must not make it silent.
 *
 * Folders are watched; a set of files that is good is swapped in whole, of a wrong one the last good set stays. A rule of the API was checked when it came; one that
 * cannot be read all the same (a newer program wrote it) is left out, and said. Throws `config_invalid` at the start where a file is wrong.
 */
import type { TracefoldError } from '../../errors.ts'
import { yamlFilesIn } from '../../lib/rule-folder.ts'
import { watchFiles, type RunningWatch } from '../../lib/watched-files.ts'
import type { ShownRule } from '../desk.ts'
import type { Rule } from '../rule.ts'
import {
  alertRuleSet,
  builtInAlertFolder,
  readAlertRuleSet,
  readNamedRule,
  readRuleFiles,
  type AlertRuleSet,
  type FileRuleSet,
  type RuleFile,
  type RuleText,
} from '../rule-load.ts'
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
  /** The last good ones. */
  #files: FileRuleSet
  #inForce: AlertRuleSet | null = null

  constructor(options: AlertRulesOptions) {
    this.#options = options
    this.#folders = [builtInAlertFolder(), ...options.folders]
    this.#files = readAlertRuleSet(this.#folders)
    this.#watch = watchFiles({
      paths: this.#folders,
      filesOf: yamlFilesIn,
      read: () => readAlertRuleSet(this.#folders),
      digestOf: ({ files }) => JSON.stringify(files.map(({ file, text }) => [file, text])), // as it is written is how it is shown
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
      alertRuleSet([...this.#files.files, ...this.#ofApi().filter(({ faults }) => faults.length === 0)]),
    )
    return this.#inForce
  }

  /** Those of the API are others now. */
  changed(): void {
    this.#inForce = null
  }

  /** As they are in force; of a file also what it says now, where that is not. */
  shown(): ShownRule[] {
    const ofApi = this.#ofApi()
    const good = [...this.#files.files, ...ofApi.filter(({ faults }) => faults.length === 0)]
    const inForce = new Set<RuleText>(new Map(good.map((one) => [one.id, one])).values())
    const written = this.#written()
    const waiting = [...written.values()].filter(({ file }) => !this.#files.files.some((one) => one.file === file))
    const files = [...this.#files.files, ...waiting]
    return [
      ...files.map((one): ShownRule => {
        const now = written.get(one.file) ?? one
        return {
          ...shownRule(one, one.folder === this.#folders[0] ? 'built-in' : 'file', inForce.has(one)),
          file: one.file,
          faults: now.faults,
          written: now.text === one.text ? null : now.text,
        }
      }),
      ...ofApi.map((one) => shownRule(one, 'api', inForce.has(one))),
    ].sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)) // a stable sort: by source within
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

  #ofApi(): RuleText[] {
    return [...this.#options.api()].map(([id, { text }]) => readNamedRule(id, text))
  }

  /** Files as they are now; none of a folder that cannot be read: the watch says what is wrong with it. */
  #written(): Map<string, RuleFile> {
    return new Map(
      this.#folders.flatMap((folder) => {
        try {
          return readRuleFiles(folder).map((one) => [one.file, one] as const)
        } catch {
          return []
        }
      }),
    )
  }
}

export function shownRule({ id, text, rule, faults }: RuleText, source: ShownRule['source'], inForce: boolean): ShownRule {
  return { id, source, file: null, text, rule, inForce: inForce && rule !== null, faults, written: null }
}
