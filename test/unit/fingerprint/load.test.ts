import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { rulesDigest } from '../../../src/fingerprint/fingerprint.ts'
import { loadFingerprintRules } from '../../../src/fingerprint/load.ts'

const folder = mkdtempSync(join(tmpdir(), 'tracefold-rules-'))

function written(name: string, text: string): string {
  const file = join(folder, name)
  writeFileSync(file, text)
  return file
}

describe('the rules that the settings name', () => {
  it('are the own packages alone where there is no file', () => {
    expect(loadFingerprintRules({ ownPackages: ['com.acme'], rulesFile: null, previousRulesFile: null })).toEqual({
      ownPackages: ['com.acme'],
    })
  })

  it('come from two files while a change is under way', () => {
    const rulesFile = written('new.yaml', 'rules: [{ id: a, frame: com.acme.*, as: drop }]')
    const rules = loadFingerprintRules({ ownPackages: [], rulesFile, previousRulesFile: written('old.yaml', '') })
    expect(rules.overrides?.frame).toEqual([{ id: 'a', frame: 'com.acme.*', as: 'drop' }])
    expect(rules.previous?.overrides?.frame).toEqual([])
  })

  it('say until when the rules before are told', () => {
    const of = (previousUntil: string | null) =>
      loadFingerprintRules({ ownPackages: [], rulesFile: null, previousRulesFile: written('until.yaml', ''), previousUntil })
    expect(of('2026-03-17T13:00:00+01:00').previousUntilMs).toBe(Date.UTC(2026, 2, 17, 12))
    expect(of(null).previousUntilMs).toBeNull()
    expect(rulesDigest(of('2026-03-17T12:00:00Z'))).not.toBe(rulesDigest(of(null)))
  })

  it.each(['2026-03-17', '2026-03-17T12:00:00', '2026-13-17T12:00:00Z', 'tomorrow'])(
    'refuse %s as the end of a change',
    (previousUntil) => {
      expect(() => loadFingerprintRules({ ownPackages: [], rulesFile: null, previousRulesFile: null, previousUntil })).toThrow(
        'fingerprint.previousUntil: expected a date and time with its zone',
      )
    },
  )

  it.each([
    ['faulty', written('bad.yaml', 'rules: [{ id: a }]'), 'bad.yaml:1: rules.0: expected one of'],
    ['not there', join(folder, 'none.yaml'), 'cannot be read'],
  ])('are refused with the file and the fault where a file is %s', (_, rulesFile, message) => {
    expect(() => loadFingerprintRules({ ownPackages: [], rulesFile, previousRulesFile: null })).toThrow(message)
  })
})
