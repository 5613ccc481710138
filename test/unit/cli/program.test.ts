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
  it.each([
    ['filter.rulesFile', 'TRACEFOLD_FILTER_RULES_FILE', file('filter.yaml', 'rules:\n  - { id: a, action: sink }\n'), 'filter.yaml:2: '],
    ['redaction.rulesFile', 'TRACEFOLD_REDACTION_RULES_FILE', file('redaction.yaml', 'rules:\n  - { id: a }\n'), 'redaction.yaml:2: '],
    [
      'fingerprint.rulesFile',
      'TRACEFOLD_FINGERPRINT_RULES_FILE',
      file('fingerprint.yaml', 'rules:\n  - { id: a }\n'),
      'fingerprint.yaml:2: ',
    ],
    ['fingerprint.previousRulesFile', 'TRACEFOLD_FINGERPRINT_PREVIOUS_RULES_FILE', join(folder, 'missing.yaml'), 'cannot be read'],
    ['fingerprint.previousUntil', 'TRACEFOLD_FINGERPRINT_PREVIOUS_UNTIL', 'tomorrow', 'got tomorrow'],
    ['patterns.folder', 'TRACEFOLD_PATTERNS_FOLDER', file('a-pattern.yml', 'id: b\n'), 'a-pattern.yml'],
    ['alerts.folders', 'TRACEFOLD_ALERTS_FOLDERS', file('an-alert.yml', 'id: b\n'), 'an-alert.yml'],
  ])('refuses what the start would refuse: a faulty %s', async (setting, variable, value, got) => {
    const { code, out } = await run(['check-config', '--json'], { env: { [variable]: value } })
    expect(code).toBe(78)
    const { faults } = JSON.parse(out) as { faults: { setting: string; got: string }[] }
    expect(new Set(faults.map((fault) => fault.setting))).toEqual(new Set([setting]))
    expect(faults[0]?.got).toContain(got)
  })

  it('tells the faults of all files of rules at once, and looks at no alert rules where none are evaluated', async () => {
    const wrong = {
      TRACEFOLD_FILTER_RULES_FILE: join(folder, 'missing.yaml'),
      TRACEFOLD_PATTERNS_FOLDER: join(folder, 'missing'),
      TRACEFOLD_ALERTS_FOLDERS: join(folder, 'missing'),
      TRACEFOLD_ALERTS_ENABLED: 'false',
    }
    const { err } = await run(['check-config'], { env: wrong })
    expect(err).toContain('2 settings are wrong:\n  - filter.rulesFile: expected filter rules; got filter rules cannot be read')
    expect(err).toContain('  - patterns.folder: expected pattern rules; got ')
  })

  it('tells the faults of settings and of the files that the others name at once', async () => {
    const wrong = { TRACEFOLD_BLOCK_SIZE: '0', TRACEFOLD_FILTER_RULES_FILE: join(folder, 'missing.yaml') }
    const { code, err } = await run(['check-config'], { env: wrong })
    expect(code).toBe(78)
    expect(err).toContain('2 settings are wrong:\n  - blockSize')
    expect(err).toContain('  - filter.rulesFile: expected filter rules; got filter rules cannot be read')
  })

  it('tells a faulty certificate beside a faulty setting', async () => {
    const { err } = await run(['check-config'], { env: { TRACEFOLD_ELASTICSEARCH_TLS_CA_FILE: yaml, TRACEFOLD_BLOCK_SIZE: '0' } })
    expect(err).toContain('2 settings are wrong:\n  - blockSize')
    expect(err).toContain('elasticsearch.tls.caFile: expected a file of certificates')
  })
})

describe('produce', () => {
  it('is refused in embedded mode, before any server is asked for', async () => {
    const { code, err } = await run(['produce'])
    expect(code).toBe(64)
    expect(err).toBe('tracefold: produce goes with mode cluster; in embedded mode `tracefold run --sample` reads the sample\n')
  })
})
