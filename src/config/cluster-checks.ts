/** What the schema cannot know of `kafka.moreClusters`: what contradicts itself within a cluster, or between two. Pure. */
import { FIRST_CLUSTER } from './clusters.ts'
import type { Conflict } from './cross-checks.ts'
import type { Settings } from './schema.ts'
import type { FurtherCluster } from './kafka-schema.ts'

export function clusterConflicts({ mode, kafka }: Settings): Conflict[] {
  const clusters = kafka.moreClusters
  const found = clusters.flatMap((cluster) =>
    [...brokers(cluster), ...druidBrokers(cluster), ...sasl(cluster), ...tls(cluster)].map(([expected, got]) =>
      conflict(cluster, expected, got),
    ),
  )
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

function sasl({ sasl: login }: FurtherCluster): Finding[] {
  if (login === null) return []
  const { mechanism, username, passwordFile, tokenUrl } = login
  if (mechanism === 'none')
    return username === null && passwordFile === null ? [] : [['a sasl.mechanism, since a user name or password is set', 'none']]
  const found: Finding[] = []
  if (username === null || passwordFile === null)
    found.push([
      `sasl.username and sasl.passwordFile for ${mechanism}`,
      username === null && passwordFile === null ? 'neither' : 'one of them',
    ])
  if (mechanism === 'oauthbearer' && tokenUrl === null) found.push(['sasl.tokenUrl for oauthbearer', 'none'])
  return found
}

function tls({ tls: files }: FurtherCluster): Finding[] {
  if (files === null) return []
  const { enabled, caFile, certFile, keyFile } = files
  const found: Finding[] = []
  if ((certFile === null) !== (keyFile === null)) found.push(['tls.certFile and tls.keyFile together', 'one of them'])
  if (!enabled && [caFile, certFile, keyFile].some((one) => one !== null)) found.push(['tls.enabled: true beside its files', 'false'])
  return found
}
