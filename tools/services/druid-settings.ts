/**
 * Druid's settings for one JVM on the loopback address: small, quick to start and stop, quick to show new data.
 *
 * In: a folder and a port base. Out: the files that DruidDev reads, as relative path -> text.
 */
import { join } from 'node:path'
import { LOOPBACK } from './ports.ts'

/** In the order in which DruidDev starts them. */
export const ROLES = ['zk', 'coordinator', 'broker', 'historical', 'indexer'] as const

export interface DruidPorts {
  /** Coordinator and overlord in one. */
  readonly coordinator: number
  readonly broker: number
  readonly historical: number
  readonly indexer: number
  readonly derby: number
  readonly zookeeper: number
}

export const PORT_OFFSETS: DruidPorts = { coordinator: 1, broker: 2, historical: 3, indexer: 4, derby: 7, zookeeper: 9 }

export function druidPorts(base: number): DruidPorts {
  const at = (role: keyof DruidPorts) => base + PORT_OFFSETS[role]
  return {
    coordinator: at('coordinator'),
    broker: at('broker'),
    historical: at('historical'),
    indexer: at('indexer'),
    derby: at('derby'),
    zookeeper: at('zookeeper'),
  }
}

export function settingsFiles(dir: string, ports: DruidPorts): Record<string, string> {
  return {
    'zk.properties': properties({ dataDir: join(dir, 'zk'), clientPort: ports.zookeeper, clientPortAddress: LOOPBACK }),
    '_common/common.runtime.properties': properties(common(dir, ports)),
    'coordinator/runtime.properties': properties(coordinator(ports)),
    'broker/runtime.properties': properties(broker(dir, ports)),
    'historical/runtime.properties': properties(historical(dir, ports)),
    'indexer/runtime.properties': properties(indexer(dir, ports)),
    'log4j2.xml': LOGGING,
  }
}

function common(dir: string, ports: DruidPorts): Record<string, string | number> {
  return {
    // Extensions are on the class path: no extensions folder is read.
    'druid.extensions.loadList': '[]',
    'druid.extensions.searchCurrentClassloader': 'true',
    'druid.host': LOOPBACK,
    'druid.bindOnHost': 'true', // without it Druid listens on all interfaces
    // Stopping took over 30 s with the defaults of these two.
    'druid.server.http.gracefulShutdownTimeout': 'PT0.1S',
    'druid.server.http.unannouncePropagationDelay': 'PT0S',
    'druid.server.http.numThreads': 10,
    // Each HTTP client would start 40 threads.
    'druid.global.http.numConnections': 10,
    'druid.global.http.numMaxThreads': 4,
    'druid.broker.http.numMaxThreads': 4,
    'druid.startup.logging.logProperties': 'false',
    'druid.zk.service.host': `${LOOPBACK}:${ports.zookeeper}`,
    'druid.zk.paths.base': '/druid',
    'druid.metadata.storage.type': 'derby',
    'druid.metadata.storage.connector.connectURI': `jdbc:derby://${LOOPBACK}:${ports.derby}/${join(dir, 'metadata', 'druid.db')};create=true`,
    'druid.metadata.storage.connector.host': LOOPBACK,
    'druid.metadata.storage.connector.port': ports.derby,
    'druid.storage.type': 'local',
    'druid.storage.storageDirectory': join(dir, 'segments'),
    'druid.indexer.logs.type': 'file',
    'druid.indexer.logs.directory': join(dir, 'indexing-logs'),
    'druid.selectors.indexing.serviceName': 'druid/overlord',
    'druid.selectors.coordinator.serviceName': 'druid/coordinator',
    'druid.serverview.type': 'http',
    'druid.monitoring.monitors': '[]',
    'druid.emitter': 'noop',
    'druid.lookup.enableLookupSyncOnStartup': 'false',
    'druid.processing.buffer.sizeBytes': '10MiB',
    'druid.processing.numThreads': 1,
    'druid.processing.numMergeBuffers': 2,
  }
}

function coordinator(ports: DruidPorts): Record<string, string | number> {
  return {
    'druid.service': 'druid/coordinator',
    'druid.plaintextPort': ports.coordinator,
    'druid.coordinator.startDelay': 'PT2S',
    'druid.coordinator.period': 'PT5S',
    'druid.coordinator.period.indexingPeriod': 'PT60S',
    'druid.manager.segments.pollDuration': 'PT2S',
    'druid.coordinator.asOverlord.enabled': 'true',
    'druid.coordinator.asOverlord.overlordService': 'druid/overlord',
    'druid.indexer.queue.startDelay': 'PT0.1S',
    'druid.indexer.runner.type': 'httpRemote',
    // A worker that died holds its tasks for this long (default 15 minutes).
    'druid.indexer.runner.taskCleanupTimeout': 'PT30S',
    'druid.indexer.storage.type': 'metadata',
  }
}

function broker(dir: string, ports: DruidPorts): Record<string, string | number> {
  return {
    'druid.service': 'druid/broker',
    'druid.plaintextPort': ports.broker,
    'druid.broker.http.numConnections': 5,
    'druid.broker.http.maxQueuedBytes': '5MiB',
    'druid.processing.tmpDir': join(dir, 'tmp', 'broker'),
    'druid.sql.enable': 'true',
    // A new datasource shows in SQL after this (default 1 minute).
    'druid.sql.planner.metadataRefreshPeriod': 'PT1S',
    'druid.sql.planner.awaitInitializationOnStart': 'false',
  }
}

function historical(dir: string, ports: DruidPorts): Record<string, string | number> {
  return {
    'druid.service': 'druid/historical',
    'druid.plaintextPort': ports.historical,
    'druid.processing.tmpDir': join(dir, 'tmp', 'historical'),
    'druid.segmentCache.locations': JSON.stringify([{ path: join(dir, 'segment-cache'), maxSize: '10g' }]),
    'druid.server.maxSize': '10g',
  }
}

function indexer(dir: string, ports: DruidPorts): Record<string, string | number> {
  return {
    'druid.service': 'druid/indexer',
    'druid.plaintextPort': ports.indexer,
    'druid.processing.tmpDir': join(dir, 'tmp', 'indexer'),
    // A publishing task and its successor run at once; the default is cores - 1.
    'druid.worker.capacity': 10,
    'druid.indexer.task.baseTaskDir': join(dir, 'task'),
  }
}

const LOGGING = `<Configuration status="WARN">
  <Appenders><Console name="c" target="SYSTEM_OUT"><PatternLayout pattern="%d{ISO8601} %p [%t] %c{1} - %m%n"/></Console></Appenders>
  <Loggers><Root level="warn"><AppenderRef ref="c"/></Root></Loggers>
</Configuration>
`

function properties(settings: Readonly<Record<string, string | number>>): string {
  return Object.entries(settings)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('')
}
