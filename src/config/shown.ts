/**
 * Settings as they may be printed. `Secret` prints itself as [secret]; what it cannot see is a map of a client's properties, some of
 * which hold passwords: there the value is hidden by its key. Pure.
 */
import type { Settings } from './schema.ts'
import { SETTINGS, type Setting } from './setting.ts'

const SECRET_KEY = /pass|secret|jaas|token|credential|key/i

export function shownValue(setting: Setting, value: unknown): unknown {
  if (setting.kind === 'objects') return withoutSecrets(value)
  if (setting.kind !== 'map' || typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, SECRET_KEY.test(key) ? '[secret]' : member]))
}

/** A file's path is none. */
function withoutSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSecrets)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [
      key,
      typeof member === 'string' && SECRET_KEY.test(key) && !key.endsWith('File') ? '[secret]' : withoutSecrets(member),
    ]),
  )
}

/** Nested as `settings` are, for JSON. */
export function shownSettings(settings: Settings): unknown {
  const maps = new Map(SETTINGS.filter(({ kind }) => kind === 'map' || kind === 'objects').map((setting) => [setting.name, setting]))
  const shown = (value: unknown, path: string): unknown => {
    const setting = maps.get(path)
    if (setting !== undefined) return shownValue(setting, value)
    if (typeof value !== 'object' || value === null || Array.isArray(value) || 'reveal' in value) return value
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, shown(member, path === '' ? key : `${path}.${key}`)]))
  }
  return shown(settings, '')
}
