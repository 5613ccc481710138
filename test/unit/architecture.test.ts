/** What docs/architecture.md says of the folders of src: who may know whom, and that none is left out. */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const SRC = fileURLToPath(new URL('../../src/', import.meta.url))
const IMPORT = /\bfrom '(\.[^']+)'/g

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))
const edges = files.flatMap((file) => {
  const specifiers = [...readFileSync(join(SRC, file), 'utf8').matchAll(IMPORT)].map(([, specifier]) => specifier as string) // the group takes part in every match
  return specifiers.map((specifier) => ({ file, from: areaOf(file), to: areaOf(normalize(join(dirname(file), specifier))) }))
})

/** A folder of src, or a file beside them. */
function areaOf(file: string): string {
  return file.split(sep)[0] as string // split gives at least one
}

/** Imports from these areas to those, as `file -> area`. */
function imports(from: readonly string[] | null, to: readonly string[], except: readonly string[] = []): string[] {
  return edges
    .filter(
      (edge) => (from === null || from.includes(edge.from)) && to.includes(edge.to) && edge.from !== edge.to && !except.includes(edge.from),
    )
    .map((edge) => `${edge.file} -> ${edge.to}`)
}

const WIRING = ['app.ts', 'cli', 'cluster', 'embedded']
const DECIDING = ['decode', 'fingerprint', 'classify', 'filter', 'match']
const BRANCHES = ['detail', 'rollup']

describe('who knows whom', () => {
  it('nothing but wiring knows the wiring', () => {
    expect(edges.length).toBeGreaterThan(1_000)
    expect(imports(null, WIRING, WIRING)).toEqual([])
  })

  it('the branches do not know each other', () => {
    expect(imports(BRANCHES, BRANCHES)).toEqual([])
  })

  it('what decides about an event knows neither branch, nor stream, nor store', () => {
    expect(imports(DECIDING, [...BRANCHES, 'stream', 'stream.ts', 'store', 'kafka', 'dlq', 'offsets', 'alert', 'api'])).toEqual([])
  })

  it('mechanisms know no word of the domain', () => {
    const known = new Set(edges.filter(({ from, to }) => from === 'lib' && to !== 'lib').map(({ to }) => to))
    expect([...known]).toEqual(['errors.ts'])
  })
})

it('docs/architecture.md names every folder', () => {
  const page = readFileSync(fileURLToPath(new URL('../../docs/architecture.md', import.meta.url)), 'utf8')
  const folders = readdirSync(SRC, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  expect(folders.map(({ name }) => name).filter((name) => !page.includes(`\`${name}/\``))).toEqual([])
})
