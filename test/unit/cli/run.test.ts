/** `tracefold run`, embedded: what it says of what it has read, and how it ends. */
import { mkdtempSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runCli } from '../../../src/cli/program.ts'
import { nothingNewLines, welcome } from '../../../src/cli/run-words.ts'
import { schema } from '../../../src/config/schema.ts'
import { waitUntil } from '../../support/wait.ts'
import { capturedIo, type CapturedIo } from './captured-io.ts'

let folder: string
let log: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tracefold-run-'))
  log = join(folder, 'app.log')
  writeFileSync(log, line('one') + line('two'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const line = (message: string) =>
  `${JSON.stringify({ timeMillis: Date.now(), level: 'ERROR', loggerName: 'a', message, loggerFqcn: 'x' })}\n`
const env = () => ({ TRACEFOLD_EMBEDDED_PATH: join(folder, 'data'), TRACEFOLD_HTTP_PORT: '0', TRACEFOLD_LOG_LEVEL: 'fatal' })

async function run(words: readonly string[], io = capturedIo({ env: env() })): Promise<{ code: number; err: string }> {
  const code = await runCli(['run', ...words], io)
  return { code, err: io.err() }
}

/** Until it stands in what is said, and then as by Ctrl-C. */
async function runUntil(said: string, words: readonly string[], io: CapturedIo): Promise<string> {
  const ended = runCli(['run', ...words], io)
  await waitUntil(`"${said}" to be said`, () => io.err().includes(said))
  process.emit('SIGINT', 'SIGINT')
  await ended
  process.removeAllListeners('SIGINT')
  process.removeAllListeners('SIGTERM')
  return io.err()
}

describe('a file that has nothing new', () => {
  it('is said to have been read before, also under another name, until it is read again on purpose', async () => {
    expect((await run(['--exit-at-end', log])).err).toMatch(/^app\.log {2}100 %\ndone: 2 events counted, from /)
    const moved = join(folder, 'moved.log')
    renameSync(log, moved)
    const { code, err } = await run(['--exit-at-end', moved])
    expect(err).toContain(
      'moved.log was read before, and nothing was added since: --again counts it again\ndone: 0 events counted; 0 filtered, 0 dead letters\n',
    )
    expect(code).toBe(0)
    expect((await run(['--exit-at-end', '--again', moved])).err).toContain('done: 2 events counted')
  })

  it('is said at once where it is followed', async () => {
    await run(['--exit-at-end', log])
    const io = capturedIo({ env: env() })
    const onTerminal = { ...io, stderr: Object.assign(io.stderr, { isTTY: true }) }
    expect(await runUntil('app.log was read before', [log], onTerminal)).toContain('\nstopped by SIGINT: 0 events counted')
  })

  it('because it is empty, is said to be that', async () => {
    truncateSync(log)
    expect((await run(['--exit-at-end', log])).err).toBe(
      'app.log  nothing to read\napp.log was empty\ndone: 0 events counted; 0 filtered, 0 dead letters\n',
    )
  })

  it('is one of many: some are named', () => {
    const readBefore = ['/a.log', '/b.log', '/c.log', '/d.log', '/e.log']
    expect(nothingNewLines({ readBefore, empty: [] })).toBe(
      'a.log, b.log, c.log and 2 more were read before, and nothing was added since: --again counts them again\n',
    )
  })
})

describe('the end', () => {
  it('of a pipe is said, though the program runs on; Ctrl-C ends it with what was counted', async () => {
    const io = capturedIo({ stdin: [line('one'), line('two'), line('three')], env: env() })
    const err = await runUntil('input ended', ['-'], io)
    expect(err).toMatch(
      /^input ended: 3 events counted, from .*\nstopped by SIGINT: 3 events counted, from .*; 0 filtered, 0 dead letters\n$/,
    )
    expect(io.out()).toContain('Tracefold runs: http://127.0.0.1:')
  })

  it('of a pipe is not said before all is committed', async () => {
    const pipe = new PassThrough()
    const io = { ...capturedIo({ env: env() }), stdin: pipe }
    const ended = runUntil('input ended', ['-'], io)
    pipe.write(line('one'))
    await waitUntil('the start', () => io.out().includes('Tracefold runs'))
    expect(io.err()).toBe('')
    pipe.end(line('two'))
    expect(await ended).toContain('input ended: 2 events counted')
  })

  it('is a failure where a file could not be read whole', async () => {
    const cut = join(folder, 'cut.log.gz')
    writeFileSync(cut, gzipSync(Array.from({ length: 500 }, (_, i) => line(`${i} ${Math.random()}`)).join('')).subarray(0, 2_000))
    const { code, err } = await run(['--exit-at-end', cut])
    expect(err).toContain('cut.log.gz: not whole')
    expect(code).toBe(1)
  })
})

describe('the name of a file', () => {
  it('stands beside its hash in the ledger, in the positions and in dead letters; after a rename it is the new one', async () => {
    writeFileSync(log, `${line('one')}{"a":1}\n`)
    await run(['--exit-at-end', log])
    const said = async (...words: string[]): Promise<string> => {
      const io = capturedIo({ env: env() })
      await runCli(words, { ...io, nowMs: Date.now })
      return io.out()
    }
    expect(await said('ledger')).toMatch(/detail +app\.log \(file\/[0-9a-f]{16}\/0\/0\) +2 /)
    expect(await said('offsets', 'show')).toMatch(/rollup +app\.log \([0-9a-f]{16}\) /)
    const [{ id }] = JSON.parse(await said('dlq', 'list', '--json')) as [{ id: string }] // one line cannot be read
    expect(await said('dlq', 'show', id)).toMatch(/position +app\.log \([0-9a-f]{16}\), partition 0, offset 1 /)
    renameSync(log, join(folder, 'moved.log'))
    await run(['--exit-at-end', join(folder, 'moved.log')])
    expect(await said('ledger')).toMatch(/detail +moved\.log \(file\//)
  })
})

it('what is recommended is not what is being done', () => {
  const settings = schema.parse({})
  const said = (hasFiles: boolean, isPiped: boolean) => welcome({ url: 'http://h/', settings, isSample: false, hasFiles, isPiped })
  expect(said(false, false)).toMatch(/follow log files[^]*a pipe/)
  expect(said(true, false)).not.toContain('follow log files')
  expect(said(false, true)).not.toContain('a pipe')
})
