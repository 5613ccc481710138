import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { isTracefoldError } from '../../../src/errors.ts'
import { loadChecked, readChecked, type Checked } from '../../../src/lib/checked-yaml.ts'

const schema = z.strictObject({ name: z.string().default('none'), list: z.array(z.strictObject({ size: z.number() })).default([]) })
const read = (yaml: string) => readChecked(yaml, schema)

function faultsOf(result: Checked<unknown>): string[] {
  return 'faults' in result ? result.faults.map(({ line, field, why }) => `${line} ${field}: ${why}`) : []
}

describe('a checked YAML text', () => {
  it('is the value that the schema makes of it, and an empty one has all defaults', () => {
    expect(read('list: [{ size: 1 }]')).toEqual({ value: { name: 'none', list: [{ size: 1 }] } })
    expect(read('# nothing yet')).toEqual({ value: { name: 'none', list: [] } })
  })

  it('has all faults at once, each with the line of its field', () => {
    const faults = faultsOf(read('name: 7\nlist:\n  - size: 1\n  - size: big\n  - size: 2\n    colour: red\nother:\n  deep: 1\n'))
    expect(faults).toEqual([
      expect.stringMatching(/^1 name: /),
      expect.stringMatching(/^4 list\.1\.size: /),
      '6 list.2.colour: no such field',
      '7 other: no such field',
    ])
  })

  it('names what is missing by where it ought to stand', () => {
    expect(faultsOf(read('name: x\nlist:\n  - size: 1\n  - {}\n'))).toEqual([expect.stringMatching(/^4 list\.1\.size: /)])
  })

  it.each([
    ['not closed', 'list: [', 1],
    ['a key that stands twice', 'name: a\nname: b\n', 2],
    ['an alias that names nothing', 'name: *gone\n', 1],
    ['not a map', '- 1\n', 1],
  ])('is refused with its line where it is %s', (_, yaml, line) => {
    expect(faultsOf(read(yaml))[0]).toMatch(new RegExp(`^${line} \\(file\\): `))
  })

  it('has the faults that no schema finds beside those that it does', () => {
    const result = readChecked('name: 7\nlist: []\n', schema, () => [{ path: ['list'], why: 'too few' }])
    expect(faultsOf(result)).toEqual([expect.stringMatching(/^1 name: /), '2 list: too few'])
  })
})

describe('a checked YAML file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'checked-yaml-'))

  function codeAndMessage(file: string): [string, string] {
    try {
      loadChecked(file, 'sizes', read)
      return ['', '']
    } catch (error) {
      return isTracefoldError(error) ? [error.code, error.message] : ['other', String(error)]
    }
  }

  it('is refused with a line for each fault', () => {
    const file = join(folder, 'wrong.yaml')
    writeFileSync(file, 'list:\n  - size: x\n  - sise: 1\n')
    const [code, message] = codeAndMessage(file)
    expect(code).toBe('config_invalid')
    expect(message.split('\n')).toEqual([
      'sizes cannot be used:',
      expect.stringContaining(`${file}:2: list.0.size: `),
      expect.stringContaining(`${file}:3: list.1.size: `),
      `${file}:3: list.1.sise: no such field`,
    ])
  })

  it('is refused where it is not there', () => {
    expect(codeAndMessage(join(folder, 'none.yaml'))).toEqual(['config_invalid', expect.stringContaining('sizes cannot be read: ENOENT')])
  })
})
