import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { filterDigest, loadFilterRules } from '../../../src/filter/load.ts'

const folder = mkdtempSync(join(tmpdir(), 'filter-rules-'))

function written(name: string, text: string): string {
  const file = join(folder, name)
  writeFileSync(file, text)
  return file
}

const A = '{ id: a, action: drop, match: { job: x, level: WARN } }'
const B = '{ id: b, action: drop, match: { job: y } }'

describe('filter rules', () => {
  it('are none without a file', () => {
    expect(loadFilterRules(null)).toEqual({ rules: [] })
  })

  it('are refused with file, line, field and why', () => {
    const file = written('wrong.yaml', 'rules:\n  - id: a\n    action: sample\n    match: { job: x }\n')
    expect(() => loadFilterRules(file)).toThrow(`${file}:2: rules.0.keep: is missing; expected a number`)
  })

  it('have one digest however they are written down, and another once they decide otherwise', () => {
    const digest = (text: string) => filterDigest(loadFilterRules(written('rules.yaml', text)))
    const first = digest(`rules: [${A}, ${B}]`)
    expect(digest(`# moved about\nrules:\n  - match: { level: [WARN], job: [x] }\n    action: drop\n    id: a\n  - ${B}\n`)).toBe(first)
    expect(digest(`rules: [${B}, ${A}]`)).not.toBe(first)
    expect(digest(`rules: [${A}]`)).not.toBe(first)
  })

  it('of examples/filters.yaml are as docs/filters.md tells', () => {
    const file = new URL('../../../examples/filters.yaml', import.meta.url).pathname
    expect(loadFilterRules(file).rules.map(({ id, action }) => `${action} ${id}`)).toEqual([
      'keep checkout-warnings',
      'drop client-went-away',
      'sample noisy-client',
      'drop load-test',
      'sample info-of-migration',
    ])
  })
})
