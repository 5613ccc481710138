/** A folder under its final name is complete, whatever happened to the ones that built it. */
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { keep } from '../../../../tools/services/cache.ts'

let root = ''

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'tracefold-cache-'))
})
afterEach(() => rm(root, { recursive: true }))

async function build(scratch: string): Promise<string> {
  const out = join(scratch, 'out')
  await mkdir(out)
  await writeFile(join(out, 'file'), '')
  return out
}

const entries = async () => (await readdir(root)).filter((name) => name !== 'locks')

test('what was built is there under its name, without the scratch folder', async () => {
  const target = await keep({ root, name: 'thing-1', lock: 'thing', build })
  expect(target).toBe(join(root, 'thing-1'))
  expect(await readdir(target)).toEqual(['file'])
  expect(await entries()).toEqual(['thing-1'])
})

test('what is there is not built again', async () => {
  await keep({ root, name: 'thing-1', lock: 'thing', build })
  const again = keep({ root, name: 'thing-1', lock: 'thing', build: () => Promise.reject(new Error('built again')) })
  expect(await again).toBe(join(root, 'thing-1'))
})

test('a build that fails leaves nothing, and the next one builds', async () => {
  const failing = async (scratch: string) => {
    await build(scratch)
    throw new Error('network away')
  }
  await expect(keep({ root, name: 'thing-1', lock: 'thing', build: failing })).rejects.toThrow('network away')
  expect(await entries()).toEqual([])
  await keep({ root, name: 'thing-1', lock: 'thing', build })
  expect(await entries()).toEqual(['thing-1'])
})

test('the scratch folder that a killed builder left is removed, and not that of another name', async () => {
  await mkdir(join(root, '.thing-1.partial-x', 'out'), { recursive: true })
  await mkdir(join(root, '.other-1.partial-x'))
  await keep({ root, name: 'thing-1', lock: 'thing', build })
  expect(await entries()).toEqual(['.other-1.partial-x', 'thing-1'])
})

test('two at once build once', async () => {
  let built = 0
  const counted = (scratch: string) => {
    built++
    return build(scratch)
  }
  const both = [1, 2].map(() => keep({ root, name: 'thing-1', lock: 'thing', build: counted }))
  await Promise.all(both)
  expect(built).toBe(1)
})
