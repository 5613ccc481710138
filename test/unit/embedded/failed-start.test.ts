/** A start that fails lets go of all that it had opened: the process could end, and the next start finds the store free. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startApp } from '../../../src/app.ts'
import { schema } from '../../../src/config/schema.ts'
import { createFileSource } from '../../../src/source/file.ts'
import type { Source } from '../../../src/source/source.ts'

let folder: string
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'tracefold-start-'))))
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function start(sources: readonly Source[], settings: object = {}): ReturnType<typeof startApp> {
  const all = schema.parse({ logLevel: 'fatal', embedded: { path: join(folder, 'data') }, http: { port: 0 }, ...settings })
  return startApp({ settings: all, exitAtEnd: false, setup: false, inputs: { sources }, env: {} })
}

const missingFile = (): Source => createFileSource({ paths: [join(folder, 'missing.log')], follow: true, maxRecordBytes: 10_000 })
const wrongRules = (): object => {
  mkdirSync(join(folder, 'rules'))
  writeFileSync(join(folder, 'rules', 'a.yaml'), 'no: [')
  return { alerts: { folders: [join(folder, 'rules')] } }
}

test.each([
  ['a file that is not there', () => start([missingFile()]), 'usage'],
  ['alert rules that cannot be read', () => start([], wrongRules()), 'config_invalid'],
])('%s ends the start, and holds nothing', async (_, failing, code) => {
  const before = timers()
  await expect(failing()).rejects.toMatchObject({ code })
  expect(timers()).toBeLessThanOrEqual(before)
  const app = await start([]) // the store is locked by nobody
  await app.stop()
})

/** Those that keep the process alive. */
function timers(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
}
