import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { loadFingerprintRules } from '../../../src/fingerprint/load.ts'

const folder = mkdtempSync(join(tmpdir(), 'tracefold-rules-'))

function written(name: string, text: string): string {
  const file = join(folder, name)
  writeFileSync(file, text)
  return file
}

describe('the rules that the settings name', () => {
  it('are the own packages alone where there is no file', () => {
    expect(loadFingerprintRules({ ownPackages: ['com.acme'], rulesFile: null, previousRulesFile: null })).toEqual({ ownPackages: ['com.acme'] })
  })

  it('come from two files while a change is under way', () => {
    const rulesFile = written('new.yaml', 'rules: [{ id: a, frame: com.acme.*, as: drop }]')
    const rules = loadFingerprintRules({ ownPackages: [], rulesFile, previousRulesFile: written('old.yaml', '') })
    expect(rules.overrides?.frame).toEqual([{ id: 'a', frame: 'com.acme.*', as: 'drop' }])
    expect(rules.previous?.overrides?.frame).toEqual([])
  })

  it.each([
    ['faulty', written('bad.yaml', 'rules: [{ id: a }]'), 'bad.yaml: rules.0: expected one of'],
    ['not there', join(folder, 'none.yaml'), 'cannot be read'],
  ])('are refused with the file and the fault where a file is %s', (_, rulesFile, message) => {
    expect(() => loadFingerprintRules({ ownPackages: [], rulesFile, previousRulesFile: null })).toThrow(message)
  })
})
