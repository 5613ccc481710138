/** That a version of the algorithm can be set aside by copying files, as the header of algorithms.ts says: so nothing else may lean on them. */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const SRC = fileURLToPath(new URL('../../../src', import.meta.url))
const HOME = 'fingerprint'

/** File -> the files that it imports, as paths below src. */
const imports = new Map(
  readdirSync(SRC, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => [file, importsOf(file)] as const),
)

function importsOf(file: string): string[] {
  return [...readFileSync(join(SRC, file), 'utf8').matchAll(/ from '(\.{1,2}\/[^']+\.ts)'/g)].map(([, to = '']) =>
    relative(SRC, join(SRC, dirname(file), to)),
  )
}

/** `copy ladder.ts and what it alone imports (chain, ...)`. */
function namedInHeader(): string[] {
  const header = readFileSync(join(SRC, HOME, 'algorithms.ts'), 'utf8').replace(/\s+\*?\s*/g, ' ')
  const [, names = ''] = /ladder\.ts and what it alone imports \(([^)]+)\)/.exec(header) ?? []
  return ['ladder', ...names.split(', ')].map((name) => `${HOME}/${name}.ts`)
}

describe('the files that a version of the algorithm is made of', () => {
  const inside = new Set(namedInHeader())

  it('are imported by each other and by the list of versions alone', () => {
    const leaning = [...imports].filter(([file, of]) => !inside.has(file) && of.some((one) => inside.has(one))).map(([file]) => file)
    expect(leaning).toEqual([`${HOME}/algorithms.ts`])
  })

  it('are all that decides: what they import besides is of no version', () => {
    const beside = new Set([...inside].flatMap((file) => imports.get(file) ?? []).filter((file) => !inside.has(file)))
    expect([...beside].sort()).toEqual([
      'event.ts',
      ...['algorithms', 'key', 'known-traces', 'override-file', 'overrides', 'words'].map((name) => `${HOME}/${name}.ts`),
    ])
  })
})
