import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { alertRuleSet, builtInAlertFolder, readAlertRuleSet } from '../../../src/alert/rule-load.ts'
import { readAlertRule } from '../../../src/alert/rule-file.ts'
import { isTracefoldError } from '../../../src/errors.ts'

function aFolder(files: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'tracefold-alerts-'))
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(folder, name, '..'), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  return folder
}

function rule(id: string, atLeast = 1): string {
  return `{title: A, id: ${id}, level: custom, severity: high, per: job, condition: {count: {over: 5m, atLeast: ${atLeast}}}}`
}

function faultOf(read: () => unknown): string {
  try {
    read()
  } catch (error) {
    if (isTracefoldError(error, 'config_invalid')) return error.message
  }
  return ''
}

describe('the rules in force are', () => {
  test('ours by default: every one loads, and covers every job at once', () => {
    const { rules } = readAlertRuleSet([builtInAlertFolder()])
    expect(rules.map(({ id }) => id)).toEqual([
      'category-spike',
      'dead-letters',
      'error-is-back',
      'job-flood',
      'job-spike',
      'jobs-in-trouble',
      'new-error',
      'pipeline-behind',
      'rules-blind',
    ])
    expect(
      rules.filter(({ level }) => level === 'basic').every(({ matcher }) => Object.values(matcher).every((part) => part === null)),
    ).toBe(true)
  })

  test("the user's where the ids are the same, and none where it is switched off", () => {
    const folder = aFolder({
      'job-spike.yml': 'id: job-spike\nenabled: false',
      'team/job-flood.yaml': rule('job-flood', 7),
      'mine.yml': rule('mine'),
    })
    const { rules } = readAlertRuleSet([builtInAlertFolder(), folder])
    expect(rules.map(({ id }) => id)).toContain('mine')
    expect(rules.map(({ id }) => id)).not.toContain('job-spike')
    expect(rules.find(({ id }) => id === 'job-flood')?.condition).toMatchObject({ threshold: { atLeast: 7 } })
  })

  test('known by a digest that follows what they say, not how they are written', () => {
    const digestOf = (text: string) => readAlertRuleSet([aFolder({ 'a.yml': text })]).digest
    expect(digestOf(rule('a'))).toBe(digestOf(`# a comment\n${rule('a')}`))
    expect(digestOf(rule('a'))).not.toBe(digestOf(rule('a', 2)))
  })

  test('none of a set in which one is wrong; every fault of every file is told, by file and line', () => {
    const folder = aFolder({
      'a.yml': `${rule('a')}\nx`,
      'b.yml': 'id: b\nlevel: wrong\n',
      'c.yml': rule('other'),
      'd/e.yml': rule('e'),
      'f/e.yml': rule('e'),
    })
    const message = faultOf(() => readAlertRuleSet([builtInAlertFolder(), folder]))
    expect(message).toContain(`${join(folder, 'a.yml')}:2: (file): not YAML`)
    expect(message).toContain(`${join(folder, 'b.yml')}:2: level: `)
    expect(message).toContain(`${join(folder, 'b.yml')}:1: title: `)
    expect(message).toContain(`${join(folder, 'c.yml')}: id: expected c, as the file is named, got other`)
    expect(message).toContain(`${join(folder, 'f/e.yml')}: id: e is taken by another file of this folder`)
    expect(faultOf(() => readAlertRuleSet([join(folder, 'nowhere')]))).toContain('cannot be read')
  })

  test('those of the API beside those of files, the later ones before the earlier', () => {
    const entries = [rule('a'), rule('b'), rule('a', 9)].map((text) => {
      const read = readAlertRule(text)
      if ('faults' in read) throw new Error(JSON.stringify(read.faults))
      return read.value
    })
    expect(alertRuleSet(entries).rules.map(({ id, condition }) => [id, condition.kind === 'count' && condition.threshold.atLeast])).toEqual(
      [
        ['a', 9],
        ['b', 1],
      ],
    )
  })
})
