/** The program over files, run after run: nothing is counted twice, whether a last line has its end or not. */
import { appendFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startApp, type App } from '../../../src/app.ts'
import { schema } from '../../../src/config/schema.ts'
import { createFileSource } from '../../../src/source/file.ts'
import { openEmbeddedReader } from '../../../src/store/embedded.ts'
import { waitUntil } from '../../support/wait.ts'

const HOUR = 3_600_000

let folder: string
let log: string
let app: App | null = null
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tracefold-files-'))
  log = join(folder, 'app.log')
})
afterEach(async () => {
  await app?.stop()
  app = null
  rmSync(folder, { recursive: true, force: true })
})

const line = (message: string) => JSON.stringify({ timeMillis: Date.now(), level: 'ERROR', loggerName: 'a', message, loggerFqcn: 'x' })
let looks = 0
/** Looks come at once. */
const wait = async (_ms: number, signal: AbortSignal): Promise<void> => {
  looks++
  await turn()
  signal.throwIfAborted()
}

/** Often enough that a file is found, opened and read. */
async function looked(): Promise<void> {
  const enough = looks + 100
  await waitUntil('looks', () => looks > enough)
}

/** `tracefold run [--exit-at-end] app.log` */
async function run({ follow }: { follow: boolean }): Promise<void> {
  const settings = schema.parse({ logLevel: 'fatal', embedded: { path: join(folder, 'data'), flushMs: 10 }, http: { port: 0 } })
  const source = createFileSource({ paths: [log], follow, maxRecordBytes: 10_000, wait })
  app = await startApp({ settings, exitAtEnd: !follow, setup: false, inputs: { sources: [source] }, env: {} })
}

async function stop(): Promise<void> {
  await app?.stop()
  app = null
}

async function counted(): Promise<Map<string, number>> {
  const reader = openEmbeddedReader(join(folder, 'data'))
  try {
    const now = Date.now()
    const { rows } = await reader.top({ fromMs: now - HOUR, toMs: now + HOUR, job: null, by: 'fingerprint', limit: 100 })
    return new Map(rows.map(({ title, count }) => [title, count]))
  } finally {
    await reader.close()
  }
}
const untilCounted = (title: string) =>
  waitUntil(`${title} to be counted`, async () => [...(await counted()).keys()].some((one) => one.includes(title)))
const total = async () => [...(await counted()).values()].reduce((sum, n) => sum + n, 0)

test('a file whose last line had no end was read to its end: following it goes on behind that line', async () => {
  writeFileSync(log, [line('apple'), line('banana'), line('cherry')].join('\n'))
  await run({ follow: false })
  await app?.done
  await stop()
  await run({ follow: true })
  await looked()
  appendFileSync(log, `\n${line('damson')}\n`)
  await untilCounted('damson')
  expect(await total()).toBe(4)
})

test('a single line that had no end is the same file when it has one', async () => {
  writeFileSync(log, line('apple'))
  await run({ follow: false })
  await app?.done
  await stop()
  appendFileSync(log, `\n${line('damson')}\n`)
  await run({ follow: true })
  await untilCounted('damson')
  expect(await total()).toBe(2)
})

test('a followed file that went away with a line half written, and came back: it is gone on behind that line', async () => {
  writeFileSync(log, `${line('apple')}\n${line('banana')}\n${line('cherry')}`)
  await run({ follow: true })
  await untilCounted('banana')
  const aside = join(folder, 'aside')
  renameSync(log, aside)
  await untilCounted('cherry') // its file is through
  renameSync(aside, log)
  await looked()
  appendFileSync(log, `\n${line('damson')}\n`)
  await untilCounted('damson')
  expect(await total()).toBe(4)
})
