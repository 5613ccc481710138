/**
 * The schema as a flat list: each setting with its path, the name of its environment variable, its kind and words for people.
 * All that reads, checks, documents or prints settings goes by this list, so that a setting is declared once. Pure.
 */
import { z } from 'zod'
import { schema } from './schema.ts'

export type Kind = 'text' | 'number' | 'boolean' | 'choice' | 'list' | 'objects' | 'map' | 'secret'

export interface Setting {
  /** `detail.flushMs` */
  readonly name: string
  readonly path: readonly string[]
  /** `TRACEFOLD_DETAIL_FLUSH_MS` */
  readonly env: string
  readonly kind: Kind
  readonly nullable: boolean
  /** What a value must be, in words. */
  readonly type: string
  readonly default: unknown
  readonly sentence: string
  /** True where a value may hold a secret, or may be a secret put there by mistake: it is never quoted in a fault. */
  readonly sensitive: boolean
}

export const ENV_PREFIX = 'TRACEFOLD_'
export const TEXT_MAP = 'map of text to text (a JSON object in the variable)'

export const SETTINGS: readonly Setting[] = settingsOf(schema, [])

const byName = new Map(SETTINGS.map((setting) => [setting.name, setting]))
const sections = new Set(SETTINGS.flatMap((setting) => setting.path.slice(0, -1).map((_, i) => setting.path.slice(0, i + 1).join('.'))))

export function settingNamed(name: string): Setting | undefined {
  return byName.get(name)
}

export function isSection(name: string): boolean {
  return sections.has(name)
}

/** For a secret, the setting that names the file it may be read from; undefined for all others. */
export function fileSettingOf(setting: Setting): Setting | undefined {
  return setting.kind === 'secret' ? byName.get(`${setting.name}File`) : undefined
}

function settingsOf(section: z.ZodObject, path: readonly string[]): Setting[] {
  return Object.entries(section.shape).flatMap(([key, member]) => {
    // The shape's members are typed as zod's core; all of ours are made by the classic API.
    const declared = member as z.ZodType
    const inner = unwrapped(declared)
    return inner instanceof z.ZodObject ? settingsOf(inner, [...path, key]) : [settingOf([...path, key], declared, inner, section)]
  })
}

function settingOf(path: readonly string[], declared: z.ZodType, inner: z.ZodType, section: z.ZodObject): Setting {
  const name = path.join('.')
  const last = path.at(-1) ?? ''
  const kind = kindOf(inner)
  const holdsSecretFile = last === 'keyFile' || (last.endsWith('File') && Object.hasOwn(section.shape, last.slice(0, -'File'.length)))
  return {
    name,
    path,
    env: `${ENV_PREFIX}${path.map(screamingSnake).join('_')}`,
    kind,
    nullable: declared.safeParse(null).success,
    type: typeWords(inner),
    default: declared.parse(undefined),
    sentence: declared.description ?? '',
    sensitive: kind === 'secret' || kind === 'map' || kind === 'objects' || holdsSecretFile,
  }
}

function unwrapped(declared: z.ZodType): z.ZodType {
  const wraps = declared instanceof z.ZodDefault || declared instanceof z.ZodPrefault || declared instanceof z.ZodNullable
  // As above: `unwrap` is typed as zod's core.
  return wraps ? unwrapped(declared.unwrap() as z.ZodType) : declared
}

function kindOf(inner: z.ZodType): Kind {
  if (inner instanceof z.ZodNumber) return 'number'
  if (inner instanceof z.ZodBoolean) return 'boolean'
  if (inner instanceof z.ZodEnum) return 'choice'
  if (inner instanceof z.ZodArray) return inner.element instanceof z.ZodObject ? 'objects' : 'list'
  if (inner instanceof z.ZodRecord) return 'map'
  return inner instanceof z.ZodCustom ? 'secret' : 'text'
}

function typeWords(inner: z.ZodType): string {
  if (inner instanceof z.ZodNumber) return numberWords(inner)
  if (inner instanceof z.ZodBoolean) return 'true or false'
  if (inner instanceof z.ZodEnum) return `one of ${inner.options.join(', ')}`
  if (inner instanceof z.ZodArray && inner.element instanceof z.ZodObject) return inner.description ?? 'list of maps'
  // As above: `element` is typed as zod's core.
  if (inner instanceof z.ZodArray) return `list of: ${typeWords(inner.element as z.ZodType)}`
  if (inner instanceof z.ZodRecord) return inner.description ?? TEXT_MAP
  if (inner instanceof z.ZodCustom) return 'secret'
  return inner.description ?? 'text'
}

function numberWords(inner: z.ZodNumber): string {
  const max = inner.maxValue ?? Number.MAX_SAFE_INTEGER
  return `whole number ${inner.minValue}${max < Number.MAX_SAFE_INTEGER ? ` to ${max}` : ' or above'}`
}

/** `flushMs` -> `FLUSH_MS` */
function screamingSnake(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()
}
