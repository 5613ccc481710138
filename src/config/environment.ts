/**
 * Environment variables in, their layer out. A variable that begins like ours and names no setting is a fault: it would be a
 * setting that somebody believes to be in force. Pure.
 */
import { Secret } from '../lib/secret.ts'
import { unknownName, type Fault } from './fault.ts'
import type { Given, Layered } from './layer.ts'
import { ENV_PREFIX, SETTINGS, type Setting } from './setting.ts'

/** Names the settings file. */
export const CONFIG_VARIABLE = 'TRACEFOLD_CONFIG'
/** Ours, and no settings: the file's name, where test servers are kept, secrets that receivers name, and all that tests use. */
const OTHERS = /^TRACEFOLD_(CONFIG$|CACHE$|SECRET_|TEST_)/
const ENV_NAMES = SETTINGS.map((setting) => setting.env)

const byEnv = new Map(SETTINGS.map((setting) => [setting.env, setting]))

export function readEnvironment(env: NodeJS.ProcessEnv): Layered {
  const layer = new Map<string, Given>()
  const faults: Fault[] = []
  for (const [variable, text] of Object.entries(env)) {
    if (!variable.startsWith(ENV_PREFIX) || OTHERS.test(variable) || text === undefined) continue
    const setting = byEnv.get(variable)
    if (setting === undefined) faults.push(unknownName(variable, variable, ENV_NAMES, 'variable'))
    else if (setting.kind === 'secret' && trimNewline(text) === '') faults.push(emptySecret(setting))
    else layer.set(setting.name, { value: valueOf(setting, text), origin: variable })
  }
  return { layer, faults }
}

/** What `readEnvironment` reads back as `value`. A secret has no such form. */
export function environmentText(setting: Setting, value: unknown): string {
  if (value === null) return ''
  if (Array.isArray(value) && (setting.kind === 'list' || value.length === 0)) return value.join(',')
  return setting.kind === 'map' || setting.kind === 'objects' ? JSON.stringify(value) : String(value)
}

/** Editors and `echo` end a file, and some tools a variable, with a newline that is no part of a secret. */
export function trimNewline(text: string): string {
  return text.replace(/[\r\n]+$/, '')
}

/** Text that is not of the setting's kind is left as it is: the schema says what was expected. */
function valueOf(setting: Setting, text: string): unknown {
  if (setting.kind === 'secret') return new Secret(trimNewline(text))
  if (setting.kind === 'list')
    return text
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== '')
  if (text === '' && setting.nullable) return null
  if (setting.kind === 'number') return /^-?\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : text
  if (setting.kind === 'boolean') return text === 'true' || text === 'false' ? text === 'true' : text
  if (setting.kind === 'objects' && text === '') return []
  return setting.kind === 'map' || setting.kind === 'objects' ? parsedJson(text) : text
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function emptySecret(setting: Setting): Fault {
  return { setting: setting.name, origin: setting.env, expected: 'a secret (or leave the variable out)', got: 'an empty variable' }
}
