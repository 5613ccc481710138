/** Each look of the watch is let through by hand, so that nothing depends on a clock. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { readPatternSet } from '../../../src/classify/load.ts'
import { watchPatterns, type RunningWatch } from '../../../src/classify/reload.ts'
import { looksByHand, type Looks } from '../../support/looks.ts'

let folder: string
let watch: RunningWatch
let heard: string[]
let looks: Looks

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'patterns-'))
  write('a-rule', { category: 'first' })
  heard = []
})
afterEach(async () => {
  await watch.stop()
  rmSync(folder, { recursive: true, force: true })
})

function write(id: string, over: Record<string, unknown> = {}): void {
  const rule = {
    title: 'A title',
    id,
    status: 'stable',
    category: 'none',
    severity: 'low',
    match: { exception: ['a.E'] },
    meaning: 'what',
    examples: { match: ['a.E: x'], no_match: ['b.F'] },
    ...over,
  }
  writeFileSync(join(folder, `${id}.yml`), stringify(rule))
}

function start(): void {
  looks = looksByHand()
  watch = watchPatterns({
    folders: [folder],
    inForce: readPatternSet([folder]),
    everyMs: 1,
    onChange: ({ rules }) => heard.push(rules.map(({ id, classification }) => `${id}=${classification.category}`).join()),
    onError: (error) => heard.push(error.message.split('\n').slice(1).join()),
    wait: looks.wait,
  })
}

describe('the watch of the pattern folders', () => {
  it('says nothing while nothing changes', async () => {
    start()
    await looks.next(4)
    expect(heard).toEqual([])
  })

  it('gives the whole new set once the files rest', async () => {
    start()
    await looks.next(1)
    write('a-rule', { category: 'second' })
    await looks.next(1)
    write('b-rule', { category: 'third' })
    await looks.next(1)
    expect(heard).toEqual([])
    await looks.next(3)
    expect(heard).toEqual(['a-rule=second,b-rule=third'])
  })

  it('sees what changed between the start and the first look', async () => {
    start()
    write('a-rule', { category: 'second' })
    await looks.next(2)
    expect(heard).toEqual(['a-rule=second'])
  })

  it('reports a wrong file once, with file, line and field, and gives no set with it', async () => {
    start()
    await looks.next(1)
    write('b-rule', { severity: 'bad' })
    write('a-rule', { category: 'second' })
    await looks.next(5)
    expect(heard).toHaveLength(1)
    expect(heard[0]).toContain(`${join(folder, 'b-rule.yml')}:5: severity: `)
  })

  it('gives the set again once the file is mended, though it is the one in force', async () => {
    start()
    await looks.next(1)
    writeFileSync(join(folder, 'b-rule.yml'), 'title: [')
    await looks.next(2)
    rmSync(join(folder, 'b-rule.yml'))
    await looks.next(2)
    expect(heard.slice(1)).toEqual(['a-rule=first'])
  })

  it('reports a folder that went away, and goes on when it is back', async () => {
    start()
    await looks.next(1)
    rmSync(folder, { recursive: true })
    await looks.next(2)
    expect(heard).toEqual([expect.stringContaining('cannot be read')])
    mkdirSync(folder)
    write('a-rule', { category: 'second' })
    await looks.next(2)
    expect(heard.slice(1)).toEqual(['a-rule=second'])
  })

  it('ends when it is stopped, in the middle of a wait', async () => {
    start()
    await looks.next(1)
    await watch.stop()
    write('a-rule', { category: 'second' })
    expect(heard).toEqual([])
  })
})
