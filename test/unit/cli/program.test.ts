import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CommanderError } from 'commander'
import { afterAll, describe, expect, it } from 'vitest'
import { exitCodeOf } from '../../../src/cli/exit-code.ts'
import { runCli } from '../../../src/cli/program.ts'
import { settingsMarkdown } from '../../../src/config/describe.ts'
import { TracefoldError } from '../../../src/errors.ts'
import { capturedIo } from './captured-io.ts'

const HIDDEN = 'hunter2-and-more'
const folder = mkdtempSync(join(tmpdir(), 'tracefold-cli-'))
afterAll(() => rmSync(folder, { recursive: true }))

function file(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

async function run(words: string[], options: Parameters<typeof capturedIo>[0] = {}) {
  const io = capturedIo(options)
  const code = await runCli(words, io)
  return { code, out: io.out(), err: io.err() }
}

describe('the exit code', () => {
  it.each([
    ['0 for --help', ['--help'], 0],
    ['0 for --version', ['--version'], 0],
    ['64 for an unknown command', ['tpo'], 64],
    ['64 for an unknown option', ['settings', '--xml'], 64],
    ['64 for a word too many', ['settings', 'x'], 64],
    ['64 for a time that cannot be read', ['top', '--from', 'yesterday'], 64],
    ['64 for a range upside down', ['top', '--from', 'now', '--to', '-1h'], 64],
    ['64 for a limit out of bounds', ['top', '--limit', '0'], 64],
    ['64 for an unknown dimension', ['top', '--by', 'host'], 64],
    ['64 for a file that is not there', ['fingerprint', join(folder, 'missing.ndjson')], 64],
    ['78 for settings that are not there', ['--config', join(folder, 'missing.yaml'), 'check-config'], 78],
    ['78 wherever the option stands', ['check-config', '--config', join(folder, 'missing.yaml')], 78],
  ])('is %s', async (_, words, expected) => {
    expect((await run(words)).code).toBe(expected)
  })

  it.each([
    ['config_invalid', 78],
    ['usage', 64],
    ['bad_request', 64],
    ['neighbour_away', 69],
    ['not_available', 69],
    ['not_set_up', 1],
    ['store_corrupt', 1],
  ] as const)('for %s is %i', (code, expected) => {
    expect(exitCodeOf(new TracefoldError(code, ''))).toBe(expected)
  })

  it("for an error of the program is 1, and for commander's own errors 64", () => {
    expect(exitCodeOf(new TypeError('x'))).toBe(1)
    expect(exitCodeOf(new CommanderError(1, 'commander.unknownOption', ''))).toBe(64)
  })
})

describe('an error', () => {
  it('is one message on standard error, without stack', async () => {
    const { out, err } = await run(['check-config'], { env: { TRACEFOLD_BLOCK_SIZE: 'x' } })
    expect(out).toBe('')
    expect(err).toBe('tracefold: A setting is wrong:\n  - blockSize (TRACEFOLD_BLOCK_SIZE): expected whole number 1 or above; got "x"\n')
  })

  it('has its stack with --debug', async () => {
    const { err } = await run(['--debug', 'check-config'], { env: { TRACEFOLD_BLOCK_SIZE: 'x' } })
    expect(err).toMatch(/\n\s+at /)
  })
})

describe('tracefold settings', () => {
  it('prints each setting, and as Markdown the page of the documentation', async () => {
    expect((await run(['settings'])).out).toContain('detail.flushMs\n')
    expect((await run(['settings', '--markdown'])).out).toBe(settingsMarkdown())
  })
})

describe('tracefold check-config', () => {
  const env = {
    TRACEFOLD_DRUID_PASSWORD: HIDDEN,
    TRACEFOLD_DRUID_KAFKA_PROPERTIES: JSON.stringify({ 'sasl.jaas.config': HIDDEN, 'client.id': 'me' }),
  }
  const yaml = file('good.yaml', 'name: mine\ndruid:\n  username: me\n')

  it('says ok, what is set and where, and no secret', async () => {
    const { code, out, err } = await run(['check-config', '--config', yaml], { env })
    expect([code, err]).toEqual([0, ''])
    expect(out.split('\n')).toEqual([
      'ok',
      `  name = "mine"  (${yaml}:1)`,
      `  druid.username = "me"  (${yaml}:3)`,
      '  druid.password = "[secret]"  (TRACEFOLD_DRUID_PASSWORD)',
      '  druid.kafkaProperties = {"sasl.jaas.config":"[secret]","client.id":"me"}  (TRACEFOLD_DRUID_KAFKA_PROPERTIES)',
      'All others have their defaults (tracefold settings).',
      '',
    ])
  })

  it('prints all settings as JSON, and no secret', async () => {
    const { code, out } = await run(['check-config', '--json', '--config', yaml], { env })
    expect(code).toBe(0)
    expect(out).not.toContain(HIDDEN)
    expect(JSON.parse(out)).toMatchObject({
      ok: true,
      set: { name: `${yaml}:1`, 'druid.password': 'TRACEFOLD_DRUID_PASSWORD' },
      settings: { name: 'mine', druid: { password: '[secret]', kafkaProperties: { 'client.id': 'me' } }, detail: { flushMs: 1_000 } },
    })
  })

  it('prints the faults as JSON', async () => {
    const { code, out } = await run(['check-config', '--json'], { env: { TRACEFOLD_BLOCK_SIZE: '0' } })
    expect(code).toBe(78)
    expect(JSON.parse(out)).toEqual({
      ok: false,
      faults: [
        {
          setting: 'blockSize',
          origin: 'TRACEFOLD_BLOCK_SIZE',
          expected: 'whole number 1 or above',
          got: '"0"'.replaceAll('"', ''),
          message: 'blockSize (TRACEFOLD_BLOCK_SIZE): expected whole number 1 or above; got 0',
        },
      ],
    })
  })

  it('finds a certificate file that holds none', async () => {
    const { code, err } = await run(['check-config'], { env: { TRACEFOLD_ELASTICSEARCH_TLS_CA_FILE: yaml } })
    expect(code).toBe(78)
    expect(err).toContain('elasticsearch.tls.caFile: expected a file of certificates (PEM); got something else')
  })
})
