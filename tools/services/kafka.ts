/**
 * A one-node Kafka (broker and controller in one process) on the loopback address.
 *
 * In: a folder and two ports. Out: a plan for `server.ts`, or a running one for a test. It answers when its controller has the broker
 * and the cluster id is that of our folder, so a stranger on the port is never taken for it.
 */
import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Kafka, logLevel } from 'kafkajs'
import { fetchKafka, type KafkaVersion, type Say } from './fetch.ts'
import { startOwned, temporaryFolder, type Handle } from './handle.ts'
import { java, run } from './java.ts'
import { freeBase, LOOPBACK } from './ports.ts'
import type { Plan } from './server.ts'

const NODE_ID = 1

export interface KafkaOptions {
  /** Java's -Xmx; 256m unless told. */
  readonly heap?: string
  /** Broker settings beside or instead of ours. */
  readonly settings?: Readonly<Record<string, string>>
  /** Users of SCRAM that a new data folder begins with: 'SCRAM-SHA-256=[name=...,password=...]'. */
  readonly scram?: readonly string[]
  /** Of a new data folder; one of its own unless told. */
  readonly clusterId?: string
  /** Clients' port; the controller's is the next one. Free ones unless told. */
  readonly port?: number
  readonly version?: KafkaVersion
}

export interface KafkaPlace {
  readonly dir: string
  readonly port: number
  readonly controllerPort: number
}

export interface KafkaHandle extends Handle {
  readonly brokers: string[]
}

/** A Kafka of this process's own, on free ports and an empty folder. */
export async function startKafka(options: KafkaOptions = {}): Promise<KafkaHandle> {
  const port = options.port ?? (await freeBase([0, 1]))
  const handle = await startOwned(kafkaPlan({ dir: await temporaryFolder('kafka'), port, controllerPort: port + 1 }, options))
  return Object.assign(handle, { brokers: [`${LOOPBACK}:${port}`] })
}

export function kafkaPlan(place: KafkaPlace, options: KafkaOptions = {}, say?: Say): Plan {
  const { dir, port, controllerPort } = place
  const heap = options.heap ?? '256m'
  return {
    name: 'kafka',
    dir,
    ports: { clients: port, controller: controllerPort },
    async prepare() {
      const jars = join(await fetchKafka(say, options.version), '*')
      const file = join(dir, 'server.properties')
      await writeFile(file, properties({ ...brokerSettings(place), ...options.settings }))
      if (clusterId(dir) === null) await format(jars, file, options.clusterId ?? newClusterId(), options.scram ?? [])
      return { program: java(), args: [`-Xms${heap}`, `-Xmx${heap}`, '-XX:+UseSerialGC', ...LOGGING, '-cp', jars, 'kafka.Kafka', file] }
    },
    answers: () => answers(`${LOOPBACK}:${port}`, clusterId(dir)),
  }
}

const LOGGING = ['-Djava.awt.headless=true', '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn', '-Dorg.slf4j.simpleLogger.showDateTime=true']

function brokerSettings({ dir, port, controllerPort }: KafkaPlace): Record<string, string> {
  return {
    'process.roles': 'broker,controller',
    'node.id': String(NODE_ID),
    'controller.quorum.voters': `${NODE_ID}@${LOOPBACK}:${controllerPort}`,
    'controller.listener.names': 'CONTROLLER',
    listeners: `PLAINTEXT://${LOOPBACK}:${port},CONTROLLER://${LOOPBACK}:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://${LOOPBACK}:${port}`,
    'inter.broker.listener.name': 'PLAINTEXT',
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'log.dirs': join(dir, 'log'),
    'num.network.threads': '2',
    'num.io.threads': '4',
    'num.partitions': '1',
    'auto.create.topics.enable': 'false',
    'default.replication.factor': '1',
    'min.insync.replicas': '1',
    'offsets.topic.replication.factor': '1',
    'offsets.topic.num.partitions': '4',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'transaction.state.log.num.partitions': '4',
    'group.initial.rebalance.delay.ms': '0',
    // A killed broker is let in again when its old session is over: 12 s from kill to answer with the default of 9 s, 6 s with this.
    'broker.session.timeout.ms': '4000',
    'broker.heartbeat.interval.ms': '500',
    'log.segment.bytes': '67108864',
    'log.cleaner.dedupe.buffer.size': '8388608',
    'log.cleaner.threads': '1',
    'message.max.bytes': '10485760',
    'replica.fetch.max.bytes': '10485760',
  }
}

function properties(settings: Readonly<Record<string, string>>): string {
  return Object.entries(settings)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('')
}

async function format(jars: string, file: string, id: string, scram: readonly string[]): Promise<void> {
  await run(java(), [
    '-Xmx128m',
    '-XX:TieredStopAtLevel=1',
    ...LOGGING,
    '-cp',
    jars,
    'kafka.tools.StorageTool',
    'format',
    '-t',
    id,
    '-c',
    file,
    '--ignore-formatted',
    ...scram.flatMap((user) => ['--add-scram', user]),
  ])
}

/** 16 random bytes in base64url; a leading dash would look like an option. */
export function newClusterId(): string {
  const id = randomBytes(16).toString('base64url')
  return id.startsWith('-') ? newClusterId() : id
}

/** Null while the folder is not formatted. */
function clusterId(dir: string): string | null {
  const file = join(dir, 'log', 'meta.properties')
  if (!existsSync(file)) return null
  return /^cluster\.id=(.+)$/m.exec(readFileSync(file, 'utf8'))?.[1] ?? null
}

async function answers(broker: string, id: string | null): Promise<boolean> {
  const admin = new Kafka({
    brokers: [broker],
    logLevel: logLevel.NOTHING,
    connectionTimeout: 1_000,
    requestTimeout: 2_000,
    retry: { retries: 0 },
  }).admin()
  try {
    await admin.connect()
    const cluster = await admin.describeCluster()
    return cluster.clusterId === id && cluster.brokers.length > 0
  } catch {
    return false
  } finally {
    await admin.disconnect()
  }
}
