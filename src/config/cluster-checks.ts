/** What the schema cannot know of `kafka.moreClusters`: what contradicts itself within a cluster, or between two. Pure. */
import { FIRST_CLUSTER, sectionOf } from './clusters.ts'
import { certificateConflicts, saslConflicts, tlsOffConflicts, type Conflict } from './conflict.ts'
import type { Settings } from './schema.ts'
import type { FurtherCluster } from './kafka-schema.ts'

export function clusterConflicts({ mode, kafka }: Settings): Conflict[] {
  const clusters = kafka.moreClusters
  const found = clusters.flatMap((cluster, i) => [
    ...[...brokers(cluster), ...druidBrokers(cluster)].map(([expected, got]) => conflict(cluster, expected, got)),
    ...[...sasl(cluster, sectionOf(i)), ...tls(cluster, sectionOf(i))].map(inList),
  ])
  if (clusters.length > 0 && mode === 'embedded')
    found.push({ settings: ['kafka.moreClusters', 'mode'], expected: 'mode: cluster beside it', got: 'embedded' })
  const names = clusters.map(({ name }) => name)
  for (const cluster of clusters.filter(({ name }, i) => name === FIRST_CLUSTER || names.indexOf(name) < i))
    found.push(conflict(cluster, 'a name of its own', cluster.name))
  return found
}

type Finding = readonly [expected: string, got: string]

function conflict({ name }: FurtherCluster, expected: string, got: string): Conflict {
  return { settings: ['kafka.moreClusters'], expected: `${expected} in cluster ${name}`, got }
}

function brokers({ brokers: list, brokersFile, brokersDns }: FurtherCluster): Finding[] {
  const given = [list, brokersFile, brokersDns].filter((one) => one !== null).length
  return given === 1 ? [] : [['one of brokers, brokersFile and brokersDns', given === 0 ? 'none' : String(given)]]
}

/** Druid's supervisor is told the brokers once, by `setup`. */
function druidBrokers({ brokersFile, brokersDns, druidBootstrap }: FurtherCluster): Finding[] {
  return (brokersFile ?? brokersDns) !== null && druidBootstrap === null
    ? [["druidBootstrap beside brokersFile or brokersDns, for Druid's own consumer", 'none']]
    : []
}

function sasl({ sasl: login }: FurtherCluster, section: string): Conflict[] {
  return login === null ? [] : saslConflicts(`${section}.sasl`, login, { passwordFile: login.passwordFile })
}

function tls({ tls: files }: FurtherCluster, section: string): Conflict[] {
  if (files === null) return []
  return [...certificateConflicts(`${section}.tls`, files), ...tlsOffConflicts(`${section}.tls`, files)]
}

/** The list is one setting: it is what somebody has set. */
function inList(found: Conflict): Conflict {
  return { ...found, settings: [...found.settings, 'kafka.moreClusters'] }
}
