import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { loadPatterns, readPatternSet } from '../../../src/classify/load.ts'
import { isTracefoldError } from '../../../src/errors.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'patterns-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

function aRule(over: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    title: 'A title',
    id: 'a-rule',
    status: 'stable',
    category: 'a-category',
    severity: 'low',
    match: { exception: ['a.E'] },
    meaning: 'what',
    examples: { match: ['a.E: x'], no_match: ['a.F: x'] },
    ...over,
  }
}

function write(path: string, content: unknown): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true })
  writeFileSync(join(folder, path), typeof content === 'string' ? content : stringify(content))
}

function fault(): string {
  try {
    readPatternSet([folder])
  } catch (error) {
    if (isTracefoldError(error, 'config_invalid')) return error.message
    throw error
  }
  return 'none'
}

describe('a wrong file', () => {
  it.each([
    ['a field that is not known', { matches: {} }, 'matches: no such field'],
    ['a missing field', { meaning: undefined }, 'meaning: is missing; expected string'],
    ['an empty match', { match: {} }, 'match: expected at least one'],
    ['deprecated without a reason', { status: 'deprecated' }, 'reason'],
    ['an id unlike the file name', { id: 'b-rule' }, 'id: expected a-rule'],
  ])('is refused with its file and field: %s', (_, over, expected) => {
    write('jvm/a-rule.yml', aRule(over))
    expect(fault()).toMatch(new RegExp(`a-rule\\.yml(?::\\d+)?: ${expected.replaceAll(/[()]/g, String.raw`\$&`)}`))
  })

  it.each([
    ['a severity that is none', { severity: 'bad' }, 5, 'severity: '],
    ['an expression that is none', { match: { message: ['/(/'] } }, 8, 'match.message.0: not a regular expression'],
    ['an expression that could take too long', { match: { message: ['ok then', '/(a+)+$/'] } }, 9, 'match.message.1: a group may be'],
    ['no example', { examples: { match: [], no_match: ['x'] } }, 11, 'examples.match: '],
  ])('is refused with the line, too: %s', (_, over, line, expected) => {
    write('jvm/a-rule.yml', aRule(over))
    expect(fault()).toContain(`${join(folder, 'jvm', 'a-rule.yml')}:${line}: ${expected}`)
  })

  it.each([
    ['a bracket left open', 'id: a-rule\ntitle: [', ':2: (file): not YAML'],
    ['an alias of nothing', 'title: *x', '(file): not YAML'],
    ['a key twice', 'title: a\ntitle: b', ':2: (file): not YAML'],
    ['nothing', '', ':1: title: is missing; expected string'],
  ])('is refused where it is not YAML: %s', (_, yaml, expected) => {
    write('jvm/a-rule.yml', yaml)
    expect(fault()).toContain(expected)
  })

  it('does not hide the next one', () => {
    write('jvm/a-rule.yml', aRule({ severity: 'bad' }))
    write('jvm/b-rule.yml', aRule({ id: 'b-rule', status: 'bad' }))
    expect(fault()).toMatch(/a-rule\.yml[^]*b-rule\.yml/)
  })

  it('of a folder that is not there says so', () => {
    rmSync(folder, { recursive: true })
    expect(fault()).toContain('cannot be read')
    mkdirSync(folder)
  })

  it('in a hidden folder does not count', () => {
    write('..data/a-rule.yml', 'title: [')
    write('.git/a-rule.yml', 'title: [')
    write('a-rule.yml', aRule())
    expect(readPatternSet([folder]).rules.map(({ id }) => id)).toEqual(['a-rule'])
  })

  it('twice the same id within a folder is refused', () => {
    write('jvm/a-rule.yml', aRule())
    write('net/a-rule.yml', aRule())
    expect(fault()).toContain('is taken by another file')
  })
})

describe('the folder of a user', () => {
  it('adds rules, and replaces built-in ones of the same id', () => {
    const before = loadPatterns()
    write('mine/a-rule.yml', aRule())
    write('mine/unknown-host.yml', aRule({ id: 'unknown-host', category: 'mine' }))
    const after = loadPatterns(folder)
    expect(after.rules.length).toBe(before.rules.length + 1)
    expect(after.rules.filter((rule) => rule.id === 'unknown-host').map((rule) => rule.classification.category)).toEqual(['mine'])
    expect(after.digest).not.toBe(before.digest)
  })
})

describe('a link', () => {
  it('leads to the page about the built-in rules, or where the rule of a user says', () => {
    write('mine/a-rule.yml', aRule())
    write('mine/b-rule.yml', aRule({ id: 'b-rule', link: 'https://wiki.acme.internal/b' }))
    const links = new Map(loadPatterns(folder).rules.map((rule) => [rule.id, rule.classification.link]))
    expect(['heap-memory', 'a-rule', 'b-rule'].map((id) => links.get(id))).toEqual([
      'docs/patterns.md#heap-memory',
      null,
      'https://wiki.acme.internal/b',
    ])
  })
})
