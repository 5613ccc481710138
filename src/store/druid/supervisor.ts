/**
 * What `setup` puts into Druid: the Kafka supervisor that reads the rollup topic, and the retention rules. Repeatable: a supervisor that
 * runs with the same spec is left alone, since posting it again would restart its tasks.
 */
import type { Settings } from '../../config/schema.ts'
import type { Names } from '../../config/names.ts'
import { jsonDigest } from '../../lib/json-digest.ts'
import type { DruidClient } from './client.ts'

const DIMENSIONS = [
  'job',
  'environment',
  'service_version',
  'exception_class',
  'root_cause_class',
  'fingerprint',
  'fingerprint_previous',
  'fp_site',
  'category',
  'severity',
  'rule',
  'logger',
  'level',
  'culprit',
]

export function supervisorSpec(names: Names, settings: Settings) {
  const { druid, kafka } = settings
  return {
    type: 'kafka',
    spec: {
      dataSchema: {
        dataSource: names.datasource,
        timestampSpec: { column: 'ts', format: 'iso' },
        dimensionsSpec: { dimensions: DIMENSIONS },
        metricsSpec: [
          { type: 'longSum', name: 'count', fieldName: 'count' },
          { type: 'longMin', name: 'first_seen', fieldName: 'first_seen' },
          { type: 'longMax', name: 'last_seen', fieldName: 'last_seen' },
          { type: 'HLLSketchBuild', name: 'hosts', fieldName: 'hosts', lgK: 12, tgtHllType: 'HLL_4' },
          { type: 'stringLast', name: 'sample_message', fieldName: 'sample_message', maxStringBytes: 1_024 },
          { type: 'stringLast', name: 'title', fieldName: 'title', maxStringBytes: 1_024 },
        ],
        granularitySpec: { type: 'uniform', segmentGranularity: 'HOUR', queryGranularity: 'MINUTE', rollup: true },
      },
      ioConfig: {
        type: 'kafka',
        topic: names.rollupTopic,
        inputFormat: { type: 'json' },
        consumerProperties: {
          ...druid.kafkaProperties,
          'bootstrap.servers': druid.kafkaBootstrap ?? kafka.brokers.join(','),
          'isolation.level': 'read_committed',
        },
        useEarliestOffset: true,
        taskCount: druid.taskCount,
        replicas: 1,
        taskDuration: `PT${druid.taskDurationMinutes}M`,
        completionTimeout: 'PT30M',
        startDelay: 'PT1S',
        period: 'PT5S',
      },
      tuningConfig: {
        type: 'kafka',
        // Up to Druid 33 a persist within a fresh datasource makes the sketch column vanish for a while (apache/druid#14315): so not by time within a task's
        // life, and not by Druid's estimate of bytes, which takes every sketch and text for a full one.
        intermediatePersistPeriod: `PT${druid.taskDurationMinutes + 60}M`,
        maxBytesInMemory: -1,
        maxRowsInMemory: 150_000,
        logParseExceptions: true,
        maxParseExceptions: 2_147_483_647,
        offsetFetchPeriod: 'PT5S',
      },
    },
  }
}

/** Resolves with one line for each thing made or left alone. */
export async function setUpDruid(client: DruidClient, names: Names, settings: Settings): Promise<string[]> {
  const spec = supervisorSpec(names, settings)
  const tag = digestOf(spec)
  const path = `/druid/indexer/v1/supervisor/${encodeURIComponent(names.datasource)}`
  const current = await client.manage('GET', path)
  const isSame = (current.body as { context?: { tracefold?: unknown } } | null)?.context?.tracefold === tag
  if (!isSame) await client.manage('POST', '/druid/indexer/v1/supervisor', { ...spec, context: { tracefold: tag } })
  await client.manage('POST', `/druid/coordinator/v1/rules/${encodeURIComponent(names.datasource)}`, retentionRules(settings))
  return [`supervisor ${names.datasource}${isSame ? ' (unchanged)' : ''}`, `retention rules of ${names.datasource}`]
}

export interface SupervisorHealth {
  readonly ok: boolean
  readonly detail: string
  /** Where its tasks are, by partition of the rollup topic. */
  readonly offsets: Readonly<Record<string, number>>
}

/** What Druid says of the supervisor. Rejects with `not_available` where it is away. */
export async function supervisorHealth(client: DruidClient, names: Names): Promise<SupervisorHealth> {
  const answer = await client.manage('GET', `/druid/indexer/v1/supervisor/${encodeURIComponent(names.datasource)}/status`)
  if (answer.status === 404) return { ok: false, detail: `missing: supervisor ${names.datasource}. Run \`tracefold setup\``, offsets: {} }
  const { payload } = answer.body as SupervisorStatus // Druid's own answer
  const state =
    payload.suspended === true ? 'suspended: rows wait in the rollup topic' : (payload.detailedState ?? payload.state ?? 'unknown')
  const offsets = Object.assign({}, ...(payload.activeTasks ?? []).map((task) => task.currentOffsets ?? {})) as Record<string, number>
  return { ok: payload.healthy === true && payload.suspended !== true, detail: `supervisor ${names.datasource} is ${state}`, offsets }
}

interface SupervisorStatus {
  readonly payload: {
    readonly healthy?: boolean
    readonly suspended?: boolean
    readonly state?: string
    readonly detailedState?: string
    readonly activeTasks?: readonly { readonly currentOffsets?: Record<string, number> }[]
  }
}

function retentionRules(settings: Settings) {
  const replicas = { tieredReplicants: { _default_tier: settings.druid.replicas } }
  return [{ type: 'loadByPeriod', period: `P${settings.rollup.retentionDays}D`, includeFuture: true, ...replicas }, { type: 'dropForever' }]
}

function digestOf(spec: unknown): string {
  return jsonDigest(spec)
}
