/**
 * The Kafka clusters that are one source. In: settings. Out: for each cluster its name, the names of what is made in it, and the settings as they hold
 * for it, so that all that works on one cluster need not know that there are others.
 *
 *   the `kafka` section     the first: names as ever
 *   kafka.moreClusters[i]   names end in the cluster's; its own brokers; tls, sasl and Druid's properties its own or else the first's; all else the same
 */
import { configInvalid, type Fault } from './fault.ts'
import type { KafkaSettings, Settings } from './schema.ts'
import type { FurtherCluster } from './kafka-schema.ts'
import { namesOf, type Names } from './names.ts'
import { readSecret } from './secret-files.ts'
import { checkTls } from './tls-files.ts'

/** What the first is called where clusters are told apart. */
export const FIRST_CLUSTER = 'first'

export interface SourceCluster {
  readonly name: string
  /** Where its settings stand. */
  readonly section: string
  readonly names: Names
  readonly settings: Settings
}

/** As `--cluster` takes it. */
export function clusterNameOf({ cluster }: Pick<Names, 'cluster'>): string {
  return cluster ?? FIRST_CLUSTER
}

/** The first one first. Throws `config_invalid` where a password's file cannot be read. */
export function sourceClusters(settings: Settings): readonly [SourceCluster, ...SourceCluster[]] {
  const first = { name: FIRST_CLUSTER, section: 'kafka', names: namesOf(settings.name), settings }
  return [first, ...settings.kafka.moreClusters.map((cluster, i) => furtherCluster(settings, cluster, sectionOf(i)))]
}

/** The names alone: no file is read. */
export function namesOfClusters(settings: Settings): readonly [Names, ...Names[]] {
  return [namesOf(settings.name), ...settings.kafka.moreClusters.map(({ name }) => namesOf(settings.name, name))]
}

/** For a reader over all clusters. */
export function datasourcesOf(settings: Settings): readonly [string, ...string[]] {
  const [first, ...others] = namesOfClusters(settings)
  return [first.datasource, ...others.map(({ datasource }) => datasource)]
}

/** For `check-config`: what connecting to the further ones would find wrong with their files. */
export function checkClusterFiles(settings: Settings): Fault[] {
  return settings.kafka.moreClusters.flatMap((cluster, i) => {
    const faults: Fault[] = []
    passwordOf(settings.kafka, cluster, sectionOf(i), faults)
    return cluster.tls === null ? faults : [...faults, ...checkTls(cluster.tls, `${sectionOf(i)}.tls`)]
  })
}

function furtherCluster(settings: Settings, cluster: FurtherCluster, section: string): SourceCluster {
  const { kafka, druid } = settings
  const faults: Fault[] = []
  const sasl = cluster.sasl === null ? kafka.sasl : { ...cluster.sasl, password: passwordOf(kafka, cluster, section, faults) }
  if (faults.length > 0) throw configInvalid(faults)
  const { brokersFile, brokersDns } = cluster
  const own: KafkaSettings = {
    ...kafka,
    brokers: cluster.brokers ?? [],
    brokersFile,
    brokersDns,
    tls: cluster.tls ?? kafka.tls,
    sasl,
    moreClusters: [],
  }
  return {
    name: cluster.name,
    section,
    names: namesOf(settings.name, cluster.name),
    settings: {
      ...settings,
      kafka: own,
      druid: { ...druid, kafkaBootstrap: cluster.druidBootstrap, kafkaProperties: cluster.druidProperties ?? druid.kafkaProperties },
    },
  }
}

function passwordOf(first: KafkaSettings, { sasl }: FurtherCluster, section: string, faults: Fault[]): KafkaSettings['sasl']['password'] {
  if (sasl === null) return first.sasl.password
  if (sasl.passwordFile === null) return null
  const { secret, problem } = readSecret(sasl.passwordFile)
  const setting = `${section}.sasl.passwordFile`
  if (problem !== null) faults.push({ setting, origin: setting, expected: 'a readable file that holds the secret', got: problem })
  return secret
}

/** Where the settings of a further cluster stand. */
export function sectionOf(index: number): string {
  return `kafka.moreClusters.${index}`
}
