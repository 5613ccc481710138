/** Each look of the watch is let through by hand, so that nothing depends on a clock. */
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { TracefoldError } from '../../../src/errors.ts'
import { watchFiles, type RunningWatch } from '../../../src/lib/watched-files.ts'
import { looksByHand, type Looks } from '../../support/looks.ts'

let folder: string
let file: string
let watch: RunningWatch
let heard: string[]
let looks: Looks

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'watched-'))
  file = join(folder, 'rules.yaml')
  writeFileSync(file, 'first')
  heard = []
})
afterEach(async () => {
  await watch.stop().catch(() => {})
  rmSync(folder, { recursive: true, force: true })
})

/** A content that begins with `wrong` cannot be used, and one that begins with `broken` cannot even be told to be wrong. */
function read(): string {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    throw new TracefoldError('config_invalid', 'cannot be read', { cause: error })
  }
  if (text.startsWith('wrong')) throw new TracefoldError('config_invalid', text)
  if (text.startsWith('broken')) throw new Error(text)
  return text
}

function start(onChange = (set: string): void => void heard.push(set)): void {
  looks = looksByHand()
  watch = watchFiles({
    paths: [file],
    read,
    digestOf: (set) => set.trim(),
    inForce: 'first',
    everyMs: 1,
    onChange,
    onError: (error) => heard.push(error.message),
    wait: looks.wait,
  })
}

describe('the watch of a file', () => {
  it('says nothing of a file that is written anew with what is in force', async () => {
    start()
    await looks.next(1)
    writeFileSync(file, 'first\n')
    await looks.next(3)
    expect(heard).toEqual([])
  })

  it('gives what the file holds once it rests', async () => {
    start()
    await looks.next(1)
    writeFileSync(file, 'sec')
    await looks.next(1)
    writeFileSync(file, 'second')
    await looks.next(1)
    expect(heard).toEqual([])
    await looks.next(2)
    expect(heard).toEqual(['second'])
  })

  it('reports a file that went away once, and follows it when it is back', async () => {
    start()
    await looks.next(1)
    rmSync(file)
    await looks.next(4)
    expect(heard).toEqual(['cannot be read'])
    writeFileSync(file, 'second')
    await looks.next(2)
    expect(heard).toEqual(['cannot be read', 'second'])
  })

  it('finds a file that was not there at the start', async () => {
    rmSync(folder, { recursive: true })
    start()
    await looks.next(2)
    mkdirSync(folder)
    writeFileSync(file, 'second')
    await looks.next(2)
    expect(heard).toEqual(['cannot be read', 'second'])
  })

  it('reports each wrong state once, and gives the set in force again once it is mended', async () => {
    start()
    await looks.next(1)
    for (const text of ['wrong one', 'wrong other', 'first']) {
      writeFileSync(file, text)
      await looks.next(4)
    }
    expect(heard).toEqual(['wrong one', 'wrong other', 'first'])
  })

  it("follows a link that is swapped, as a mounted ConfigMap's is", async () => {
    for (const [name, text] of [
      ['a', 'first'],
      ['b', 'swaps'],
    ] as const) {
      mkdirSync(join(folder, name))
      writeFileSync(join(folder, name, 'rules.yaml'), text)
    }
    symlinkSync('a', join(folder, 'data'))
    file = join(folder, 'data', 'rules.yaml')
    start()
    await looks.next(1)
    symlinkSync('b', join(folder, 'data-new'))
    renameSync(join(folder, 'data-new'), join(folder, 'data'))
    await looks.next(2)
    expect(heard).toEqual(['swaps'])
  })

  it('ends with the reason where it is not the file that is wrong', async () => {
    start()
    await looks.next(1)
    writeFileSync(file, 'broken')
    const reason = watch.ended.catch(String)
    await looks.next(1)
    void looks.next()
    expect(await reason).toContain('broken')
    expect(heard).toEqual([])
  })

  it('ends with the reason where the set cannot be taken', async () => {
    start(() => {
      throw new Error('not taken')
    })
    writeFileSync(file, 'second')
    const reason = watch.ended.catch(String)
    void looks.next()
    expect(await reason).toContain('not taken')
  })

  it('says nothing any more once it is stopped', async () => {
    start()
    await looks.next(1)
    writeFileSync(file, 'second')
    await watch.stop()
    expect(heard).toEqual([])
  })
})
