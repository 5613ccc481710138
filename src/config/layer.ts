/**
 * A layer is what one source (file, environment, caller) says: a value and where it stands, for each setting it names. Later layers
 * win setting by setting. Nested values go in; a flat map by setting and a fault for each name that does not exist come out. Pure.
 */
import { kindOfValue, unknownName, type Fault } from './fault.ts'
import { isSection, settingNamed, SETTINGS } from './setting.ts'

export interface Given {
  readonly value: unknown
  readonly origin: string
}

export type Layer = ReadonlyMap<string, Given>

export interface Layered {
  readonly layer: Layer
  readonly faults: readonly Fault[]
}

const NAMES = SETTINGS.map((setting) => setting.name)

/** Takes nested sections apart. A section without content is as good as none, as when all its lines are commented out. */
export function layerOf(root: unknown, originOf: (path: readonly string[]) => string): Layered {
  const layer = new Map<string, Given>()
  const faults: Fault[] = []
  const visit = (value: unknown, path: readonly string[]): void => {
    const name = path.join('.')
    const origin = originOf(path)
    if (settingNamed(name) !== undefined) layer.set(name, { value, origin })
    else if (path.length > 0 && !isSection(name)) faults.push(unknownName(name, origin, NAMES, 'setting'))
    else if (isMap(value)) for (const [key, member] of Object.entries(value)) visit(member, [...path, key])
    else if (value !== null && value !== undefined)
      faults.push({ setting: name || 'settings', origin, expected: 'a section with settings', got: kindOfValue(value) })
  }
  visit(root, [])
  return { layer, faults }
}

export function merged(layers: readonly Layer[]): Map<string, Given> {
  return new Map(layers.flatMap((layer) => [...layer]))
}

/** The nested form that the schema takes. */
export function nested(layer: Layer): Record<string, unknown> {
  const root: Record<string, unknown> = {}
  for (const [name, { value }] of layer) {
    const path = settingNamed(name)?.path ?? []
    let section = root
    for (const key of path.slice(0, -1)) {
      // Only this function writes to `root`, and it puts nothing but sections here.
      section = (section[key] ??= {}) as Record<string, unknown>
    }
    section[path.at(-1) ?? ''] = value
  }
  return root
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
