/**
 * Settings from one YAML file, environment variables and the caller, later ones first in force; checked, frozen, handed out once.
 *
 *   file  \
 *   env    > merge by setting -> secrets from their files -> schema -> cross checks -> Settings | all faults at once
 *   caller/
 *
 * A fault never quotes what may be a secret.
 */
import { existsSync } from 'node:fs'
import type { z } from 'zod'
import { CONFIG_VARIABLE, readEnvironment } from './environment.ts'
import { configInvalid, kindOfValue, quoteValue, type Fault } from './fault.ts'
import { conflictsIn } from './cross-checks.ts'
import { layerOf, merged, nested, type Given, type Layer, type Layered } from './layer.ts'
import { schema, type Settings } from './schema.ts'
import { readSecretFiles } from './secret-files.ts'
import { settingNamed, TEXT_MAP } from './setting.ts'
import { readYaml } from './yaml-file.ts'

export interface SettingsSource {
  /** From `--config`; null takes TRACEFOLD_CONFIG, else ./tracefold.yaml if there is one. */
  readonly file: string | null
  readonly env: NodeJS.ProcessEnv
  /** Nested, as in the file: what the command line says. */
  readonly overrides?: Readonly<Record<string, unknown>>
}

export type Reading =
  | { readonly kind: 'ok'; readonly settings: Settings; readonly given: Layer }
  /** `readable`: the settings without those that are faulty, which have their defaults. For looking for more faults, not for use. */
  | { readonly kind: 'faults'; readonly faults: readonly Fault[]; readonly readable: Settings }

const DEFAULT_FILE = './tracefold.yaml'

/** Throws `config_invalid` with a line for each fault. */
export function loadSettings(source: SettingsSource): Settings {
  const reading = readSettings(source)
  if (reading.kind === 'faults') throw configInvalid(reading.faults)
  return reading.settings
}

/** As `loadSettings`, for those who show faults, or where a value came from, themselves. */
export function readSettings({ file, env, overrides }: SettingsSource): Reading {
  const layers = [readFile(file, env), readEnvironment(env), layerOf(overrides, () => 'command line')]
  const outer = merged(layers.map(({ layer }) => layer))
  const secrets = readSecretFiles(outer)
  const given = merged([outer, secrets.layer])
  const faults = [...layers, secrets].flatMap((layered) => layered.faults)
  const checked = check(given)
  const settings = deepFreeze(checked.settings)
  if (faults.length + checked.faults.length === 0) return { kind: 'ok', settings, given }
  const more = checked.faults.filter((fault) => faults.every(({ setting }) => setting !== fault.setting))
  return { kind: 'faults', faults: [...faults, ...more], readable: settings }
}

function readFile(file: string | null, env: NodeJS.ProcessEnv): Layered {
  if (file !== null) return readYaml(file, '--config')
  const named = env[CONFIG_VARIABLE]
  if (named !== undefined && named !== '') return readYaml(named, CONFIG_VARIABLE)
  return existsSync(DEFAULT_FILE) ? readYaml(DEFAULT_FILE, DEFAULT_FILE) : layerOf(null, () => '')
}

/** With faulty settings taken out, the rest is valid: conflicts among it are reported in the same go. */
function check(given: Layer): { settings: Settings; faults: Fault[] } {
  const first = schema.safeParse(nested(given))
  if (first.success) return { settings: first.data, faults: conflictFaults(first.data, given, new Set()) }
  const faulty = new Set(first.error.issues.map(settingOfIssue))
  const settings = schema.parse(nested(new Map([...given].filter(([name]) => !faulty.has(name)))))
  return { settings, faults: [...first.error.issues.map((issue) => issueFault(issue, given)), ...conflictFaults(settings, given, faulty)] }
}

function conflictFaults(settings: Settings, given: Layer, faulty: ReadonlySet<string>): Fault[] {
  return conflictsIn(settings)
    .filter((conflict) => !conflict.settings.some((name) => faulty.has(name)))
    .map(({ settings: names, expected, got }) => ({ setting: names[0], origin: whereSet(names, given), expected, got }))
}

/** The first setting of a conflict may have its default, and another be what was set. */
function whereSet(names: readonly string[], given: Layer): string {
  return names.map((name) => given.get(name)?.origin).find((origin) => origin !== undefined) ?? 'default'
}

/** The layers hold known settings only, so an issue's path begins with a setting's. */
function settingOfIssue(issue: z.core.$ZodIssue): string {
  const path = issue.path.map(String)
  const length = path.findIndex((_, i) => settingNamed(path.slice(0, i + 1).join('.')) !== undefined) + 1
  return path.slice(0, length).join('.')
}

function issueFault(issue: z.core.$ZodIssue, given: Layer): Fault {
  const name = settingOfIssue(issue)
  const setting = settingNamed(name)
  const { value, origin }: Given = given.get(name) ?? { value: undefined, origin: 'default' }
  const member = issue.path.slice(setting?.path.length ?? 0).map(String)
  // Of a list of maps zod says more than its type does; its words name keys and what was expected, never a value.
  if (setting?.kind === 'objects' && member.length > 0)
    return { setting: [name, ...member].join('.'), origin, expected: setting.type, got: issue.message }
  const came = member.reduce<unknown>(
    (inner, key) => (typeof inner === 'object' && inner !== null ? Object.entries(inner).find(([k]) => k === key)?.[1] : undefined),
    value,
  )
  const got = setting?.sensitive === true ? kindOfValue(came) : quoteValue(came)
  const isWithinMap = setting?.kind === 'map' && setting.type !== TEXT_MAP && member.length > 0
  const expected = isWithinMap ? wordsOfMember(issue) : (setting?.type ?? '')
  return {
    setting: [name, ...(isWithinMap ? member : [])].join('.'),
    origin,
    expected,
    got: Array.isArray(came) && came.length === 0 ? 'an empty list' : got,
  }
}

/** A map whose members have a schema of their own: what zod says of the member. It quotes no value. */
function wordsOfMember(issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys') return `known keys, not ${issue.keys.join(', ')}`
  return issue.message
    .replace(/^Invalid input: /, '')
    .replace(/, received .*$/, '')
    .replace(/^expected /, '')
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    Object.values(value).forEach(deepFreeze)
  }
  return value
}
