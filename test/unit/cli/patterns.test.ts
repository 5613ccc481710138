import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parse, stringify } from 'yaml'
import { runCli } from '../../../src/cli/program.ts'
import { packageFolder } from '../../../src/package-root.ts'
import { capturedIo } from './captured-io.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'patterns-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

function write(over: Record<string, unknown> = {}): string {
  const file = join(folder, 'lost-order.yml')
  const rule = {
    title: 'An order is lost',
    id: 'lost-order',
    status: 'stable',
    category: 'orders',
    severity: 'high',
    priority: 1,
    match: { exception: ['com.acme.LostOrder'] },
    meaning: 'what',
    advice: 'Look for it.',
    examples: {
      match: [{ trace: 'com.acme.LostOrder: 17\n\tat com.acme.Orders.find(Orders.java:1)' }],
      no_match: ['java.io.EOFException'],
    },
    ...over,
  }
  writeFileSync(file, stringify(rule))
  return file
}

async function run(words: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const io = capturedIo({ env })
  const code = await runCli(['patterns', ...words], io)
  return { code, out: io.out(), err: io.err() }
}

describe('tracefold patterns test', () => {
  it('passes for the built-in rules, and for a folder or file of a user on top of them', async () => {
    const file = write()
    for (const words of [['test'], ['test', folder], ['test', file]]) {
      const { code, out } = await run(words)
      expect([code, out]).toEqual([
        0,
        expect.stringMatching(/\d+ rules, \d+ examples, 0 failed\nslowest on lines made to be slow: [a-z-]+, \d+ µs\n$/),
      ])
    }
  })

  it('passes for the rule to copy that patterns/README.md has, and takes nothing from the built-in ones', async () => {
    const yaml = /```yaml\n([^]*?)```/.exec(readFileSync(join(packageFolder('patterns'), 'README.md'), 'utf8'))?.[1] ?? ''
    const file = join(folder, `${(parse(yaml) as { id: string }).id}.yml`)
    writeFileSync(file, yaml)
    const { code, out } = await run(['test', file])
    expect([code, out]).toEqual([0, expect.stringMatching(/^\d+ rules, \d+ examples, 0 failed\n/)])
  })

  it('names file and rule of an example that fails, and ends with 1', async () => {
    const file = write({ match: { exception: ['com.acme.Other'] } })
    const { code, out } = await run(['test', file])
    expect(code).toBe(1)
    expect(out).toContain(`${file}: lost-order: examples.match.0: the rule does not match it\n`)
  })

  it('names the rule that steals an example', async () => {
    const file = write({
      priority: 999,
      match: { exception: ['OutOfMemoryError'] },
      examples: { match: ['java.lang.OutOfMemoryError: Java heap space'], no_match: ['java.io.EOFException'] },
    })
    const { code, out } = await run(['test', file])
    expect(code).toBe(1)
    expect(out).toContain('heap-memory (priority 11) takes it')
  })

  it.each([
    ['a wrong field', { severity: 'bad' }, ':5: severity: '],
    ['an expression that could take too long', { match: { message: ['/(a+)+$/'] } }, 'match.message.0: a group may be'],
  ])('refuses a file with %s, with its line, and ends with 78', async (_, over, expected) => {
    const file = write(over)
    const { code, err } = await run(['test', file])
    expect(code).toBe(78)
    expect(err).toContain(file)
    expect(err).toContain(expected)
  })

  it('takes the folder of the settings where no path is given', async () => {
    write({ match: { exception: ['com.acme.Other'] } })
    expect((await run(['test'], { TRACEFOLD_PATTERNS_FOLDER: folder })).code).toBe(1)
  })
})

describe('tracefold patterns list', () => {
  it('has a line for each rule, in the order in which they are tried', async () => {
    write()
    const { out } = await run(['list'], { TRACEFOLD_PATTERNS_FOLDER: folder })
    const ids = out
      .trimEnd()
      .split('\n')
      .map((line) => line.split(' ')[0])
    expect(ids.slice(0, 3)).toEqual(['ID', 'lost-order', 'restart-exhausted'])
  })

  it('gives the same as JSON', async () => {
    const { out } = await run(['list', '--json'])
    const rules: { id: string; link: string }[] = JSON.parse(out)
    expect(rules[0]).toMatchObject({
      id: 'restart-exhausted',
      category: 'job-failed',
      severity: 'critical',
      link: 'docs/patterns.md#restart-exhausted',
    })
  })
})

describe('tracefold patterns docs', () => {
  it('prints the page that is part of the package', async () => {
    expect((await run(['docs'])).out).toBe(readFileSync(join(packageFolder('patterns'), '..', 'docs', 'patterns.md'), 'utf8'))
  })
})
