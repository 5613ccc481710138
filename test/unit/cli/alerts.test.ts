/** `tracefold alerts` on an embedded store with rows, on folders with rules, and on an API that listens. */
import { once } from 'node:events'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { listen, type Listening } from '../../../src/api/server.ts'
import { testAnswer } from '../../../src/api/alert-schemas.ts'
import { runCli } from '../../../src/cli/program.ts'
import { newFolder, openIn } from '../../contract/embedded-adapter.ts'
import { aProgress, aRollupPart, aRow, HOUR, MINUTE } from '../../support/builders.ts'
import { aShownAlert, failing, fakeDesk } from '../api/fake-desk.ts'
import { apiWith } from '../api/fakes.ts'
import { capturedIo, NOW } from './captured-io.ts'

const FIELDS = {
  title: 'Orders fail',
  id: 'orders-fail',
  level: 'custom',
  severity: 'high',
  per: 'job',
  for: { job: 'orders' },
  condition: { count: { over: '5m', atLeast: 100 } },
  keepFiring: '5m',
}

let folder: string
beforeEach(() => {
  folder = newFolder()
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

async function run(words: readonly string[], options: { columns?: number } = {}) {
  const io = capturedIo({ env: { TRACEFOLD_EMBEDDED_PATH: join(folder, 'data') }, ...options })
  const code = await runCli(['alerts', ...words], io)
  return { code, out: io.out(), err: io.err() }
}

function rule(over: Record<string, unknown> = {}): string {
  const file = join(folder, 'orders-fail.yml')
  writeFileSync(file, JSON.stringify({ ...FIELDS, ...over }))
  return file
}

/** 40 events in each of three minutes, two hours ago, and 500 of another job. */
async function fillStore(): Promise<void> {
  const store = openIn(join(folder, 'data'), { now: () => NOW })
  const at = NOW - 2 * HOUR
  const rows = [0, 1, 2].flatMap((i) => [
    aRow({ windowMs: at + i * MINUTE, count: 40 }),
    aRow({ windowMs: at + i * MINUTE, job: 'payments', count: 500 }),
  ])
  await store.asRollupStore().commit([aRollupPart(rows, { progress: aProgress({ next: rows.length }) })], new AbortController().signal)
  await store.close()
}

describe('tracefold alerts test', () => {
  it('prints when the rule would have fired, for how long, and why', async () => {
    await fillStore()
    const { code, out } = await run(['test', rule()])
    expect(code).toBe(0)
    const lines = out.trimEnd().split('\n')
    expect(lines[0]).toBe(
      'orders-fail would have fired 1 time from 2026-03-03T12:00Z to 2026-03-10T12:00Z (3 rows read from 2026-03-03T11:00Z on).',
    )
    expect(lines).toHaveLength(4)
    expect(lines[3]).toMatch(
      /^2026-03-10T10:02Z {2}8 min {2,}orders \(prod\) .* IllegalStateException: order <\*> has no lines .*the threshold is 100$/,
    )
  })

  it('prints as JSON what the API answers', async () => {
    await fillStore()
    const { out } = await run(['test', rule(), '--from', '-3h', '--to', '-1h', '--json'])
    const answer = testAnswer.parse(JSON.parse(out))
    expect(answer).toMatchObject({ rule: 'orders-fail', from: '2026-03-10T09:00:00.000Z', to: '2026-03-10T11:00:00.000Z', rows: 3 })
    expect(answer.episodes).toMatchObject([{ job: 'orders', starts_at: '2026-03-10T10:02:00.000Z', ends_at: '2026-03-10T10:10:00.000Z' }])
  })

  it('says so where it would not have fired', async () => {
    await fillStore()
    expect((await run(['test', rule({ condition: { count: { over: '5m', atLeast: 121 } } })])).out).toMatch(
      /^orders-fail would not have fired from /,
    )
  })

  it('names every fault with its line, and ends as wrong words end', async () => {
    const { code, err } = await run(['test', rule({ per: 'nobody', extra: 1 })])
    expect(err).toMatch(/line 1: per: .*\nline 1: extra: no such field/s)
    expect(code).not.toBe(0)
    expect((await run(['test', join(folder, 'none.yml')])).code).toBe(64)
  })
})

describe('tracefold alerts check', () => {
  it('lists the rules in force: the built-in ones, and those of a folder in their place', async () => {
    const own = join(folder, 'rules')
    mkdirSync(own)
    writeFileSync(join(own, 'orders-fail.yml'), JSON.stringify(FIELDS))
    writeFileSync(join(own, 'job-flood.yml'), JSON.stringify({ id: 'job-flood', enabled: false }))
    const before = await run(['check'])
    const after = await run(['check', own])
    expect([before.code, after.code]).toEqual([0, 0])
    expect(before.out).toContain('job-flood')
    expect(after.out).not.toContain('job-flood')
    expect(after.out).toMatch(/orders-fail +custom +high +job +Orders fail\n/)
  })

  it('names file, line and field of each fault, and ends with 78', async () => {
    const own = join(folder, 'rules')
    mkdirSync(own)
    writeFileSync(
      join(own, 'one.yml'),
      'title: One\nid: one\nlevel: custom\nseverity: awful\nper: job\ncondition:\n  count: { over: 90s, atLeast: 1 }\n',
    )
    const { code, err } = await run(['check', own])
    expect(code).toBe(78)
    expect(err).toContain(`${join(own, 'one.yml')}:4: severity: `)
    expect(err).toContain(`${join(own, 'one.yml')}:7: condition.count.over: expected whole minutes`)
  })
})

describe('tracefold alerts list', () => {
  const servers: Listening[] = []
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.close()
  })
  const urlOf = async (desk: ReturnType<typeof fakeDesk>) => {
    const server = await listen(await apiWith({ alerts: desk }), { host: '127.0.0.1', port: 0 })
    servers.push(server)
    return server.url
  }

  it('shows what a running process says, with who has it', async () => {
    const taken = { version: 1 as const, key: 'k', startsAtMs: NOW, who: 'ada', atMs: NOW, comment: null }
    const url = await urlOf(
      fakeDesk({
        alerts: async () => [
          aShownAlert({ acknowledged: taken, sinceMs: NOW - 5 * MINUTE }),
          aShownAlert({
            phase: 'pending',
            alert: null,
            hushed: 'silence',
            sinceMs: NOW - MINUTE,
            subject: { job: null, environment: null, fingerprint: null, category: 'network' },
          }),
        ],
      }),
    )
    const { out } = await run(['list', '--url', url])
    expect(out).toMatch(/^1 alert firing, of 2\n\n/)
    expect(out).toMatch(/\nfiring +high +5 min ago +job-spike +orders \(prod\) +1,204 +ConnectException: Connection refused: <\*> +ada\n/)
    expect(out).toMatch(/\npending +high +1 min ago +job-spike +network +- +- +\(silence\)\n/)
  })

  it('warns where the rules are blind, whatever fires', async () => {
    const url = await urlOf(
      fakeDesk({
        alerts: async () => [],
        evaluation: async () => ({ shards: [], blind: 'Druid does not answer', last: null, refused: 0 }),
      }),
    )
    expect((await run(['list', '--url', url])).out).toBe('The rules are blind: Druid does not answer\nNothing fires.\n')
  })

  it('says what to look at where nobody answers, or not as hoped', async () => {
    const url = await urlOf(fakeDesk({ alerts: failing('not_available', 'the control log is away') }))
    expect(await run(['list', '--url', url])).toMatchObject({
      code: 69,
      err: expect.stringContaining('503: the control log is away') as string,
    })
    const page = createServer((_, response) => response.end('<html>')).listen(0, '127.0.0.1')
    await once(page, 'listening')
    const { port } = page.address() as AddressInfo
    expect(await run(['list', '--url', `http://127.0.0.1:${port}`])).toMatchObject({
      code: 69,
      err: expect.stringContaining('not answer with JSON') as string,
    })
    page.close()
    await servers.splice(0)[0]?.close()
    expect(await run(['list', '--url', url])).toMatchObject({ code: 69, err: expect.stringContaining('--url') as string })
  })
})
