/** Which files a pattern stands for. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { expand } from '../../../src/source/file-paths.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tracefold-paths-'))
  for (const path of ['top.log', 'a/one.log', 'a/one.txt', 'a/b/c/deep.log', 'a/.hidden/no.log', '.git/no.log', 'a/.no.log']) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), '')
  }
  symlinkSync(folder, join(folder, 'a', 'round'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

it.each([
  ['*.log', ['top.log']],
  ['*/*.log', ['a/one.log']],
  ['**/*.log', ['a/b/c/deep.log', 'a/one.log', 'top.log']],
  ['a/**/*.log', ['a/b/c/deep.log', 'a/one.log']],
  ['**/c/*', ['a/b/c/deep.log']],
  ['**/**/one.*', ['a/one.log', 'a/one.txt']],
  ['a/**', ['a/b/c/deep.log', 'a/one.log', 'a/one.txt']],
])('%s stands for %j', async (pattern, expected) => {
  const found = await expand([join(folder, pattern)])
  expect(found.map((path) => relative(folder, path))).toEqual(expected)
})

it('a pattern that walks too many folders is refused', async () => {
  for (let i = 0; i <= 2_000; i++) mkdirSync(join(folder, 'many', String(i)), { recursive: true })
  await expect(expand([join(folder, 'many/**/*.log')])).rejects.toMatchObject({ code: 'usage' })
})
