import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { afterAll, describe, expect, it } from 'vitest'
import { loadSettings, readSettings } from '../../../src/config/load.ts'
import type { Settings } from '../../../src/config/schema.ts'
import { isTracefoldError } from '../../../src/errors.ts'
import { Secret } from '../../../src/lib/secret.ts'

const HIDDEN = 'hunter2-and-more'
const folder = mkdtempSync(join(tmpdir(), 'tracefold-load-'))
afterAll(() => rmSync(folder, { recursive: true }))

let files = 0
function file(text: string): string {
  const path = join(folder, `${files++}.yaml`)
  writeFileSync(path, text)
  return path
}

function load(yaml: string, env: NodeJS.ProcessEnv = {}): Settings {
  return loadSettings({ file: file(yaml), env })
}

/** The message of the fault, its heading left out and the folder cut from file names. */
function faultsOf(yaml: string, env: NodeJS.ProcessEnv = {}, overrides: Record<string, unknown> = {}): string[] {
  try {
    loadSettings({ file: file(yaml), env, overrides })
  } catch (error) {
    if (!isTracefoldError(error, 'config_invalid')) throw error
    const printed = `${String(error)}\n${inspect(error)}\n${error.stack}\n${JSON.stringify(error)}`
    if (printed.includes(HIDDEN)) throw new Error('the secret was printed', { cause: error })
    return error.message
      .split('\n')
      .slice(1)
      .map((line) => line.replace('  - ', '').replaceAll(/[^\s(]*\/\d+\.yaml/g, 'file'))
  }
  return []
}

describe('loadSettings', () => {
  it('gives the defaults where nothing is set', () => {
    const settings = load('')
    expect(settings.mode).toBe('embedded')
    expect(settings.detail.flushMs).toBe(1_000)
    expect(settings.kafka.brokers).toEqual(['127.0.0.1:9092'])
  })

  it('lets a variable beat the file, and the command line beat both', () => {
    const yaml = file('detail:\n  flushMs: 1\n  flushDocuments: 1\nrollup:\n  flushRows: 1\n')
    const env = { TRACEFOLD_DETAIL_FLUSH_DOCUMENTS: '2', TRACEFOLD_ROLLUP_FLUSH_ROWS: '2' }
    const settings = loadSettings({ file: yaml, env, overrides: { rollup: { flushRows: 3 } } })
    expect([settings.detail.flushMs, settings.detail.flushDocuments, settings.rollup.flushRows]).toEqual([1, 2, 3])
  })

  it('takes the file that TRACEFOLD_CONFIG names, and --config before it', () => {
    const [one, two] = [file('name: one'), file('name: two')]
    expect(loadSettings({ file: null, env: { TRACEFOLD_CONFIG: one } }).name).toBe('one')
    expect(loadSettings({ file: two, env: { TRACEFOLD_CONFIG: one } }).name).toBe('two')
  })

  it('takes a section without content as absent', () => {
    expect(load('kafka:\n  # brokers: [a:1]\n').kafka.partitions).toBe(4)
  })

  it('is frozen to the depth', () => {
    const settings = load('job:\n  from: [topic]\n')
    expect(() => Object.assign(settings, { mode: 'cluster' })).toThrow(TypeError)
    expect(() => (settings.job.from as string[]).push('key')).toThrow(TypeError)
    expect(() => Object.assign(settings.kafka.sasl, { username: 'x' })).toThrow(TypeError)
  })

  it('leaves alone TRACEFOLD_CACHE, what tests use, and secrets that receivers name', () => {
    expect(faultsOf('', { TRACEFOLD_CACHE: '/x', TRACEFOLD_TEST_KAFKA: 'y', TRACEFOLD_SECRET_SLACK: 'z' })).toEqual([])
  })

  it('says where each value was set', () => {
    const reading = readSettings({ file: file('\nname: one\n'), env: { TRACEFOLD_BLOCK_SIZE: '5' } })
    expect(reading.kind === 'ok' && [...reading.given.values()].map(({ origin }) => origin.replace(folder, ''))).toEqual([
      expect.stringMatching(/\.yaml:2$/),
      'TRACEFOLD_BLOCK_SIZE',
    ])
  })
})

describe('a fault', () => {
  it.each<[string, string, NodeJS.ProcessEnv, string[]]>([
    ['a wrong kind', 'detail:\n  flushMs: soon', {}, ['detail.flushMs (file:2): expected whole number 1 or above; got "soon"']],
    ['a value out of bounds', 'http: {port: 70000}', {}, ['http.port (file:1): expected whole number 0 to 65535; got 70000']],
    ['a word that is no choice', 'mode: clustr', {}, ['mode (file:1): expected one of embedded, cluster; got "clustr"']],
    [
      'a number that is no number in a variable',
      '',
      { TRACEFOLD_DETAIL_FLUSH_MS: '1s' },
      ['detail.flushMs (TRACEFOLD_DETAIL_FLUSH_MS): expected whole number 1 or above; got "1s"'],
    ],
    [
      'a boolean in other words',
      '',
      { TRACEFOLD_KAFKA_TLS_VERIFY: 'yes' },
      ['kafka.tls.verify (TRACEFOLD_KAFKA_TLS_VERIFY): expected true or false; got "yes"'],
    ],
    [
      'a map that is no JSON',
      '',
      { TRACEFOLD_DRUID_KAFKA_PROPERTIES: HIDDEN },
      ['druid.kafkaProperties (TRACEFOLD_DRUID_KAFKA_PROPERTIES): expected map of text to text (a JSON object in the variable); got text'],
    ],
    [
      'a receiver without its secret',
      'alerts:\n  receivers:\n    oncall: {type: slack}',
      {},
      ['alerts.receivers.oncall.urlFile (file:2): expected urlFile or urlEnv; got nothing'],
    ],
    [
      'a receiver with a secret in the clear',
      `alerts:\n  receivers:\n    oncall: {type: slack, url: "${HIDDEN}", urlEnv: HOOK}`,
      {},
      ['alerts.receivers.oncall (file:2): expected known keys, not url; got a map'],
    ],
    [
      'a receiver of no known type',
      'alerts:\n  receivers:\n    oncall: {type: pager}',
      {},
      [
        'alerts.receivers.oncall.type (file:2): expected a type: webhook, alertmanager, slack, dingtalk, feishu, wecom, pagerduty, email or heartbeat; got text',
      ],
    ],
    [
      'a receiver with a wrong number',
      'alerts:\n  receivers:\n    hook: {type: webhook, urlEnv: HOOK, groupWaitMs: soon}',
      {},
      ['alerts.receivers.hook.groupWaitMs (file:2): expected number; got text'],
    ],
    [
      'receivers that are no map',
      'alerts: {receivers: [oncall]}',
      {},
      [
        'alerts.receivers (file:1): expected map from a name to a receiver, see docs/receivers.md (a JSON object in the variable); got a list',
      ],
    ],
    [
      'a list that must not be empty',
      'kafka: {topics: []}',
      {},
      ['kafka.topics (file:1): expected list of: topic name; got an empty list'],
    ],
    [
      'a broker without port',
      'kafka:\n  brokers:\n    - "a:1"\n    - b',
      {},
      ['kafka.brokers (file:2): expected list of: host:port; got "b"'],
    ],
    [
      'a URL of another protocol',
      'druid: {queryUrl: "ftp://x"}',
      {},
      ['druid.queryUrl (file:1): expected http or https URL, without user name and password in it; got "ftp://x"'],
    ],
    [
      'a URL that holds a password',
      `elasticsearch: {nodes: ["http://me:${HIDDEN}@es:9200"]}`,
      {},
      ['elasticsearch.nodes (file:1): expected list of: http or https URL, without user name and password in it; got "…@es:9200"'],
    ],
    [
      'an unknown place to find the job',
      'job: {from: [mdc]}',
      {},
      ['job.from (file:1): expected list of: context:<key>, header:<name>, service, key or topic; got "mdc"'],
    ],
    [
      'a package that is none',
      'fingerprint: {ownPackages: ["com.acme.*"]}',
      {},
      ['fingerprint.ownPackages (file:1): expected list of: package such as com.acme; got "com.acme.*"'],
    ],
    [
      'a misspelt setting',
      'detail:\n  flushMS: 1\n  flushDocumnts: 2',
      {},
      [
        'detail.flushMS (file:2): expected a known setting, perhaps detail.flushMs; got an unknown one',
        'detail.flushDocumnts (file:3): expected a known setting, perhaps detail.flushDocuments; got an unknown one',
      ],
    ],
    ['a misspelt section', 'kafak: {brokers: ["a:1"]}', {}, ['kafak (file:1): expected a known setting; got an unknown one']],
    ['a section that is a value', `kafka: ${HIDDEN}`, {}, ['kafka (file:1): expected a section with settings; got text']],
    ['a file that is a list', '- a', {}, ['settings (file:1): expected a section with settings; got a list']],
    [
      'an unknown variable',
      '',
      { TRACEFOLD_DETAIL_FLUSHMS: HIDDEN },
      ['TRACEFOLD_DETAIL_FLUSHMS: expected a known variable, perhaps TRACEFOLD_DETAIL_FLUSH_MS; got an unknown one'],
    ],
    [
      'broken YAML',
      `a: [\nb: "${HIDDEN}`,
      {},
      expect.arrayContaining([expect.stringMatching(/^settings file \(file:\d\): expected valid YAML; got /)]) as unknown as string[],
    ],
    ['a key twice', 'name: a\nname: b', {}, ['settings file (file:2): expected valid YAML; got Map keys must be unique']],
    [
      'an alias without anchor, perhaps a password',
      `druid: {password: *${HIDDEN}}`,
      {},
      expect.arrayContaining([expect.stringContaining('expected valid YAML')]) as unknown as string[],
    ],
  ])('of %s names setting, place, expectation and value', (_, yaml, env, expected) => {
    expect(faultsOf(yaml, env)).toEqual(expected)
  })

  it('does not hide the others: all come at once', () => {
    const yaml = 'name: 9\nmode: cluster\nbranches: together\nbranch: detail\nkafka:\n  sasl: {password: x}\n'
    const faults = faultsOf(yaml, { TRACEFOLD_BLOCK_SIZE: '0', TRACEFOLD_NO_SUCH: '' }, { http: { port: -1 } })
    const names = ['kafka.sasl.password', 'TRACEFOLD_NO_SUCH', 'name', 'http.port', 'blockSize', 'branch']
    expect(new Set(faults.map((line) => line.split(/[: ]/)[0]))).toEqual(new Set(names))
    expect(faults).toHaveLength(6)
  })

  it('of a missing file names who named it', () => {
    const missing = join(folder, 'missing.yaml')
    expect(() => loadSettings({ file: missing, env: {} })).toThrow(/settings file \(--config\): expected a readable YAML file; got ENOENT/)
    expect(() => loadSettings({ file: null, env: { TRACEFOLD_CONFIG: missing } })).toThrow(/\(TRACEFOLD_CONFIG\)/)
  })
})

describe('a conflict', () => {
  const cluster = 'mode: cluster\n'
  it.each<[string, string, NodeJS.ProcessEnv, string]>([
    ['a user without password', 'druid: {username: me}', {}, 'druid.username (file:1): expected druid.password beside it; got none'],
    [
      'a password without user',
      '',
      { TRACEFOLD_ELASTICSEARCH_PASSWORD: HIDDEN },
      'elasticsearch.password (TRACEFOLD_ELASTICSEARCH_PASSWORD): expected elasticsearch.username beside it; got none',
    ],
    [
      'a key and a password',
      '',
      { TRACEFOLD_ELASTICSEARCH_API_KEY: HIDDEN, TRACEFOLD_ELASTICSEARCH_USERNAME: 'me', TRACEFOLD_ELASTICSEARCH_PASSWORD: HIDDEN },
      'elasticsearch.apiKey (TRACEFOLD_ELASTICSEARCH_API_KEY): expected either elasticsearch.apiKey or elasticsearch.username and elasticsearch.password; got both',
    ],
    [
      'a token and a password',
      '',
      { TRACEFOLD_DRUID_TOKEN: HIDDEN, TRACEFOLD_DRUID_USERNAME: 'me', TRACEFOLD_DRUID_PASSWORD: HIDDEN },
      'druid.token (TRACEFOLD_DRUID_TOKEN): expected either druid.token or druid.username and druid.password; got both',
    ],
    [
      'a certificate without key',
      'elasticsearch: {tls: {certFile: a}}',
      {},
      'elasticsearch.tls.certFile (file:1): expected elasticsearch.tls.keyFile beside it; got none',
    ],
    [
      'a key without certificate',
      'druid: {tls: {keyFile: a}}',
      {},
      'druid.tls.keyFile (file:1): expected druid.tls.certFile beside it; got none',
    ],
    [
      'brokers in a file, which Druid cannot follow',
      'mode: cluster\nkafka: {brokersFile: a}',
      {},
      "kafka.brokersFile (file:2): expected druid.kafkaBootstrap beside it, for Druid's own consumer; got none",
    ],
    [
      'a topic that we write',
      'name: mine\nkafka: {topics: [logs, mine-rollups]}',
      {},
      'kafka.topics (file:2): expected topics of logs, none of those that Tracefold writes; got mine-rollups',
    ],
    [
      'certificates while TLS is off',
      'kafka: {tls: {caFile: a}}',
      {},
      'kafka.tls.caFile (file:1): expected kafka.tls.enabled: true beside it; got false',
    ],
    [
      'TLS to a plain URL',
      'elasticsearch: {tls: {enabled: true}}',
      {},
      'elasticsearch.tls.enabled (file:1): expected https in elasticsearch.nodes, since elasticsearch.tls.enabled is true; got http',
    ],
    [
      'a mechanism without credentials',
      'kafka: {sasl: {mechanism: plain}}',
      {},
      'kafka.sasl.mechanism (file:1): expected kafka.sasl.username and kafka.sasl.password for plain; got neither',
    ],
    [
      'credentials without mechanism',
      'kafka: {sasl: {username: me}}',
      {},
      'kafka.sasl.mechanism (file:1): expected a mechanism, since a user name or password is set; got none',
    ],
    [
      'oauthbearer without endpoint',
      'kafka: {sasl: {mechanism: oauthbearer, username: me}}',
      { TRACEFOLD_KAFKA_SASL_PASSWORD: HIDDEN },
      'kafka.sasl.mechanism (file:1): expected kafka.sasl.tokenUrl for oauthbearer; got none',
    ],
    [
      'one branch in one process',
      'branch: rollup',
      {},
      'branch (file:1): expected both, since a branch runs alone only with mode: cluster and branches: apart; got rollup',
    ],
    [
      'one branch of two together',
      `${cluster}branches: together\nbranch: detail`,
      {},
      'branch (file:3): expected both, since a branch runs alone only with mode: cluster and branches: apart; got detail',
    ],
    [
      'a catch-up shorter than the rest',
      'rollup: {catchUpFlushMs: 500}',
      {},
      'rollup.catchUpFlushMs (file:1): expected 1000 or above, because of rollup.flushMs; got 500',
    ],
    [
      'a stall shorter than forming a group',
      'kafka: {stallMs: 15000}',
      {},
      'kafka.stallMs (file:1): expected 20000 or above, because of kafka.sessionTimeoutMs; got 15000',
    ],
    [
      'a transaction shorter than its interval',
      '\nkafka: {transactionTimeoutMs: 5000}',
      {},
      'kafka.transactionTimeoutMs (file:2): expected 5001 or above, because of rollup.catchUpFlushMs; got 5000',
    ],
    [
      'a pause before the first flush of detail',
      'detail: {maxDocuments: 10}',
      {},
      'detail.maxDocuments (file:1): expected 2000 or above, because of detail.flushDocuments; got 10',
    ],
    [
      'a pause before the first flush of rollups',
      'rollup: {flushRows: 30000}',
      {},
      'rollup.maxRows (file:1): expected 30000 or above, because of rollup.flushRows; got 20000',
    ],
  ])('is %s', (_, yaml, env, expected) => {
    expect(faultsOf(yaml, env)).toEqual([expected])
  })

  it('is none with what is needed given', () => {
    expect(
      faultsOf(`${cluster}branch: detail\nkafka: {sasl: {mechanism: plain, username: me}}`, { TRACEFOLD_KAFKA_SASL_PASSWORD: 'x' }),
    ).toEqual([])
  })

  it('is not made up from a setting that is at fault itself', () => {
    expect(faultsOf('rollup: {flushMs: 9000, catchUpFlushMs: no}')).toEqual([
      'rollup.catchUpFlushMs (file:1): expected whole number 1 or above; got "no"',
    ])
  })
})

describe('a secret', () => {
  const secretFile = (content: string): string => file(content)
  const sasl = 'kafka: {sasl: {mechanism: plain, username: me}}'

  it('comes from its variable', () => {
    const settings = load(sasl, { TRACEFOLD_KAFKA_SASL_PASSWORD: HIDDEN })
    expect(settings.kafka.sasl.password?.reveal()).toBe(HIDDEN)
  })

  it.each(['', '\n', '\r\n'])('comes from the file that is named, without %j at its end', (end) => {
    const settings = load(sasl, { TRACEFOLD_KAFKA_SASL_PASSWORD_FILE: secretFile(`${HIDDEN}${end}`) })
    expect(settings.kafka.sasl.password?.reveal()).toBe(HIDDEN)
  })

  it('keeps spaces, which may be part of it', () => {
    const settings = load(sasl, { TRACEFOLD_KAFKA_SASL_PASSWORD_FILE: secretFile(` ${HIDDEN} \n`) })
    expect(settings.kafka.sasl.password?.reveal()).toBe(` ${HIDDEN} `)
  })

  it.each<[string, string, NodeJS.ProcessEnv, string]>([
    [
      'in the YAML file',
      `druid:\n  token: ${HIDDEN}`,
      {},
      'druid.token (file:2): expected no secret in the file (set TRACEFOLD_DRUID_TOKEN, or druid.tokenFile to a file that holds it); got one',
    ],
    [
      'as a number in the YAML file',
      'druid:\n  token: 12345',
      {},
      'druid.token (file:2): expected no secret in the file (set TRACEFOLD_DRUID_TOKEN, or druid.tokenFile to a file that holds it); got one',
    ],
    [
      'in place of its file',
      '',
      { TRACEFOLD_DRUID_TOKEN_FILE: HIDDEN },
      'druid.token (TRACEFOLD_DRUID_TOKEN_FILE): expected a readable file that holds the secret; got no such file (ENOENT)',
    ],
    ['in place of its file, as a number', 'druid: {tokenFile: 12345}', {}, 'druid.tokenFile (file:1): expected text; got a number'],
    [
      'in a folder',
      '',
      { TRACEFOLD_DRUID_TOKEN_FILE: folder },
      'druid.token (TRACEFOLD_DRUID_TOKEN_FILE): expected a readable file that holds the secret; got a file that cannot be read (EISDIR)',
    ],
    [
      'in an empty variable',
      '',
      { TRACEFOLD_DRUID_TOKEN: '' },
      'druid.token (TRACEFOLD_DRUID_TOKEN): expected a secret (or leave the variable out); got an empty variable',
    ],
    [
      'under a misspelt name',
      `druid: {tokn: ${HIDDEN}}`,
      {},
      'druid.tokn (file:1): expected a known setting, perhaps druid.token; got an unknown one',
    ],
  ])('%s is a fault that does not print it', (_, yaml, env, expected) => {
    expect(faultsOf(yaml, env)).toEqual([expected])
  })

  it('in an empty file is a fault', () => {
    expect(faultsOf('', { TRACEFOLD_DRUID_TOKEN_FILE: secretFile('\n') })).toEqual([
      'druid.token (TRACEFOLD_DRUID_TOKEN_FILE): expected a readable file that holds the secret; got an empty file',
    ])
  })

  it('given twice is a fault', () => {
    const env = { TRACEFOLD_DRUID_TOKEN: HIDDEN, TRACEFOLD_DRUID_TOKEN_FILE: secretFile(HIDDEN) }
    expect(faultsOf('', env)).toEqual([
      'druid.token (TRACEFOLD_DRUID_TOKEN_FILE): expected either the secret or its file; got both (TRACEFOLD_DRUID_TOKEN and TRACEFOLD_DRUID_TOKEN_FILE)',
    ])
  })

  it('is not printed with the settings, whatever prints them', () => {
    const settings = load('druid: {username: me}', { TRACEFOLD_DRUID_PASSWORD: HIDDEN })
    const printed = [
      inspect(settings, { depth: 9, showHidden: true }),
      inspect(settings, { depth: 9, customInspect: false }),
      JSON.stringify(settings),
      String(settings.druid.password),
      `${settings.druid.password}`,
    ]
    for (const text of printed) expect(text).not.toContain(HIDDEN)
    expect(JSON.stringify(settings.druid)).toContain('"password":"[secret]"')
  })

  it('can be handed in by the caller', () => {
    const settings = loadSettings({ file: null, env: {}, overrides: { druid: { token: new Secret(HIDDEN) } } })
    expect(settings.druid.token?.reveal()).toBe(HIDDEN)
  })
})
