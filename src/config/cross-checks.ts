/**
 * What no single setting can know: settings that contradict each other. Settings that are valid one by one go in, conflicts come
 * out, each with all settings that it speaks of. Pure.
 */
import { clusterConflicts } from './cluster-checks.ts'
import type { Settings } from './schema.ts'

export interface Conflict {
  /** The settings it speaks of; the first is the one to look at. */
  readonly settings: readonly [string, ...string[]]
  readonly expected: string
  readonly got: string
}

export function conflictsIn(settings: Settings): Conflict[] {
  return [
    ...sasl(settings),
    ...brokerLists(settings),
    ...clusterConflicts(settings),
    ...oneLogin('elasticsearch', settings.elasticsearch, 'apiKey', settings.elasticsearch.apiKey !== null),
    ...oneLogin('druid', settings.druid, 'token', settings.druid.token !== null),
    ...(['kafka', 'elasticsearch', 'druid'] as const).flatMap((who) => certificates(settings, who)),
    ...tlsIsOn(settings),
    ...branches(settings),
    ...flushing(settings),
  ]
}

interface Login {
  readonly username: string | null
  readonly password: object | null
}

function userAndPassword(who: string, login: Login): Conflict[] {
  if ((login.username === null) === (login.password === null)) return []
  const [given, missing] = login.password === null ? ['username', 'password'] : ['password', 'username']
  return [{ settings: [`${who}.${given}`, `${who}.${missing}`], expected: `${who}.${missing} beside it`, got: 'none' }]
}

function oneLogin(who: string, login: Login, other: string, hasOther: boolean): Conflict[] {
  const both = hasOther && login.username !== null && login.password !== null
  return both
    ? [
        {
          settings: [`${who}.${other}`, `${who}.username`, `${who}.password`],
          expected: `either ${who}.${other} or ${who}.username and ${who}.password`,
          got: 'both',
        },
      ]
    : userAndPassword(who, login)
}

function sasl({ kafka: { sasl: login } }: Settings): Conflict[] {
  const settings = ['kafka.sasl.mechanism', 'kafka.sasl.username', 'kafka.sasl.password'] as const
  const found: Conflict[] = []
  if (login.mechanism === 'none') {
    if (login.username !== null || login.password !== null)
      found.push({ settings, expected: 'a mechanism, since a user name or password is set', got: 'none' })
    return found
  }
  if (login.username === null && login.password === null)
    found.push({ settings, expected: `kafka.sasl.username and kafka.sasl.password for ${login.mechanism}`, got: 'neither' })
  if (login.mechanism === 'oauthbearer' && login.tokenUrl === null) {
    found.push({ settings: ['kafka.sasl.mechanism', 'kafka.sasl.tokenUrl'], expected: 'kafka.sasl.tokenUrl for oauthbearer', got: 'none' })
  }
  return [...found, ...userAndPassword('kafka.sasl', login)]
}

/** Druid's supervisor is told the brokers once, by `setup`. */
function brokerLists({ mode, kafka, druid }: Settings): Conflict[] {
  const { brokersFile, brokersDns } = kafka
  if (brokersFile !== null && brokersDns !== null)
    return [{ settings: ['kafka.brokersFile', 'kafka.brokersDns'], expected: 'either kafka.brokersFile or kafka.brokersDns', got: 'both' }]
  const given = brokersFile !== null ? 'kafka.brokersFile' : brokersDns !== null ? 'kafka.brokersDns' : null
  if (given === null || mode === 'embedded' || druid.kafkaBootstrap !== null) return []
  return [{ settings: [given, 'druid.kafkaBootstrap'], expected: "druid.kafkaBootstrap beside it, for Druid's own consumer", got: 'none' }]
}

function certificates(settings: Settings, who: 'kafka' | 'elasticsearch' | 'druid'): Conflict[] {
  const { certFile, keyFile } = settings[who].tls
  if ((certFile === null) === (keyFile === null)) return []
  const [given, missing] = keyFile === null ? ['certFile', 'keyFile'] : ['keyFile', 'certFile']
  return [{ settings: [`${who}.tls.${given}`, `${who}.tls.${missing}`], expected: `${who}.tls.${missing} beside it`, got: 'none' }]
}

/** Nobody who sets up TLS wants to find out later that it was off. */
function tlsIsOn({ kafka, elasticsearch, druid }: Settings): Conflict[] {
  const found: Conflict[] = []
  for (const file of ['caFile', 'certFile', 'keyFile'] as const) {
    if (kafka.tls[file] !== null && !kafka.tls.enabled)
      found.push({ settings: [`kafka.tls.${file}`, 'kafka.tls.enabled'], expected: 'kafka.tls.enabled: true beside it', got: 'false' })
  }
  const plain = (text: string): boolean => !text.toLowerCase().startsWith('https:')
  const https = (who: string, setting: string): Conflict => ({
    settings: [`${who}.tls.enabled`, `${who}.${setting}`],
    expected: `https in ${who}.${setting}, since ${who}.tls.enabled is true`,
    got: 'http',
  })
  if (elasticsearch.tls.enabled && elasticsearch.nodes.some(plain)) found.push(https('elasticsearch', 'nodes'))
  for (const setting of ['queryUrl', 'coordinatorUrl'] as const)
    if (druid.tls.enabled && plain(druid[setting])) found.push(https('druid', setting))
  return found
}

function branches({ mode, branches: how, branch }: Settings): Conflict[] {
  if (branch === 'both' || (mode === 'cluster' && how === 'apart')) return []
  return [
    {
      settings: ['branch', 'mode', 'branches'],
      expected: 'both, since a branch runs alone only with mode: cluster and branches: apart',
      got: branch,
    },
  ]
}

function flushing({ detail, rollup, kafka }: Settings): Conflict[] {
  return [
    ...atLeast('rollup.catchUpFlushMs', rollup.catchUpFlushMs, 'rollup.flushMs', rollup.flushMs),
    // A transaction that is sent at the longest interval must not be ended by the broker first.
    ...atLeast('kafka.transactionTimeoutMs', kafka.transactionTimeoutMs, 'rollup.catchUpFlushMs', rollup.catchUpFlushMs + 1),
    // While the group is formed anew nothing comes either.
    ...atLeast('kafka.stallMs', kafka.stallMs, 'kafka.sessionTimeoutMs', kafka.sessionTimeoutMs * 2),
    // Otherwise the source is paused before a flush is due.
    ...atLeast('detail.maxDocuments', detail.maxDocuments, 'detail.flushDocuments', detail.flushDocuments),
    ...atLeast('rollup.maxRows', rollup.maxRows, 'rollup.flushRows', rollup.flushRows),
  ]
}

function atLeast(setting: string, value: number, than: string, least: number): Conflict[] {
  return value >= least ? [] : [{ settings: [setting, than], expected: `${least} or above, because of ${than}`, got: String(value) }]
}
