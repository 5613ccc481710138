/** Elasticsearch's folders are ones that its user can enter. */
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { reachable, unprivileged } from '../../../../tools/services/user.ts'

let dir = ''

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tracefold-user-'))
})
afterEach(() => rm(dir, { recursive: true }))

test('the first folder is taken where the user does not change', () => {
  expect(reachable([join(dir, 'a'), join(dir, 'b')], null)).toBe(join(dir, 'a'))
})

test('a folder that cannot be made is passed over', async () => {
  await writeFile(join(dir, 'file'), '')
  expect(reachable([join(dir, 'file', 'a'), join(dir, 'b')], null)).toBe(join(dir, 'b'))
})

describe.skipIf(process.getuid?.() !== 0)('as root', () => {
  test('a folder that nobody cannot enter is passed over, also when only one above it is closed', async () => {
    await mkdir(join(dir, 'closed', 'inner'), { recursive: true })
    await mkdir(join(dir, 'open'))
    await chmod(dir, 0o755)
    await chmod(join(dir, 'closed'), 0o700)
    expect(reachable([join(dir, 'closed', 'inner'), join(dir, 'open')], unprivileged())).toBe(join(dir, 'open'))
  })

  test('none at all is an error that names them', () => {
    expect(() => reachable([join(dir, 'a')], unprivileged())).toThrow(join(dir, 'a'))
  })
})
