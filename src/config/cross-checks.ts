/**
 * What no single setting can know: settings that contradict each other. Settings that are valid one by one go in, conflicts come
 * out, each with all settings that it speaks of. Pure.
 */
import { clusterConflicts } from './cluster-checks.ts'
import { certificateConflicts, pairConflicts, saslConflicts, tlsOffConflicts, type Conflict } from './conflict.ts'
import { namesOf, type Names } from './names.ts'
import type { Settings } from './schema.ts'

export function conflictsIn(settings: Settings): Conflict[] {
  return [
    ...saslConflicts('kafka.sasl', settings.kafka.sasl, { password: settings.kafka.sasl.password }),
    ...brokerLists(settings),
    ...ownTopics(settings),
    ...clusterConflicts(settings),
    ...oneLogin('elasticsearch', settings.elasticsearch, 'apiKey', settings.elasticsearch.apiKey !== null),
    ...oneLogin('druid', settings.druid, 'token', settings.druid.token !== null),
    ...(['kafka', 'elasticsearch', 'druid'] as const).flatMap((who) => certificateConflicts(`${who}.tls`, settings[who].tls)),
    ...tlsOffConflicts('kafka.tls', settings.kafka.tls),
    ...httpsIsOn(settings),
    ...branches(settings),
    ...flushing(settings),
  ]
}

interface Login {
  readonly username: string | null
  readonly password: object | null
}

function oneLogin(who: string, { username, password }: Login, other: string, hasOther: boolean): Conflict[] {
  const both = hasOther && username !== null && password !== null
  return both
    ? [
        {
          settings: [`${who}.${other}`, `${who}.username`, `${who}.password`],
          expected: `either ${who}.${other} or ${who}.username and ${who}.password`,
          got: 'both',
        },
      ]
    : pairConflicts(who, { username, password })
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

/** What we write would be read as logs, and written again, for ever. */
function ownTopics(settings: Settings): Conflict[] {
  const { topics } = settings.kafka
  const own = writtenNames(settings).flatMap(({ rollupTopic, letterTopic, ledgerTopic, controlTopic, alertTopic }) => [
    rollupTopic,
    letterTopic,
    ledgerTopic,
    controlTopic,
    alertTopic,
  ])
  return topics
    .filter((topic) => own.includes(topic))
    .map((topic) => ({ settings: ['kafka.topics', 'name'], expected: 'topics of logs, none of those that Tracefold writes', got: topic }))
}

function writtenNames({ name, kafka }: Settings): Names[] {
  return [namesOf(name), ...kafka.moreClusters.map((cluster) => namesOf(name, cluster.name))]
}

/** Nobody who sets up TLS wants to find out later that it was off. */
function httpsIsOn({ elasticsearch, druid }: Settings): Conflict[] {
  const plain = (text: string): boolean => !text.toLowerCase().startsWith('https:')
  const https = (who: string, setting: string): Conflict => ({
    settings: [`${who}.tls.enabled`, `${who}.${setting}`],
    expected: `https in ${who}.${setting}, since ${who}.tls.enabled is true`,
    got: 'http',
  })
  return [
    ...(elasticsearch.tls.enabled && elasticsearch.nodes.some(plain) ? [https('elasticsearch', 'nodes')] : []),
    ...(['queryUrl', 'coordinatorUrl'] as const)
      .filter((setting) => druid.tls.enabled && plain(druid[setting]))
      .map((setting) => https('druid', setting)),
  ]
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
