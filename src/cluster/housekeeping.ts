/**
 * What is done now and then beside the streams of cluster mode: Druid's supervisors are looked at, and indices past retention are deleted. In: the neighbours.
 * Out: why rollups are not read, for `/readyz` and the alerts. A failure is for the next time to better.
 */
import type { HealthRegistry } from '../health.ts'
import { every } from '../lib/every.ts'
import type { Logger } from '../log.ts'
import type { ElasticsearchDocuments } from '../store/elasticsearch/documents.ts'
import { everyCluster, inCluster, supervisorState, type Neighbours } from './neighbours.ts'

const SUPERVISOR_CHECK_MS = 10_000
const RETENTION_CHECK_MS = 600_000

export interface HousekeepingParts {
  /** Of all clusters. */
  readonly neighbours: Neighbours
  readonly documents: ElasticsearchDocuments
  readonly health: HealthRegistry
  readonly log: Logger
}

export interface Housekeeping {
  /** Why Druid does not read a rollup topic, in words; null: it reads all. */
  rollupTrouble(): string | null
  stop(): void
}

export function startHousekeeping({ neighbours, documents, health, log }: HousekeepingParts): Housekeeping {
  const troubles = new Map<string, string>()
  const lookAtDruid = async (one: Neighbours): Promise<void> => {
    const { ok, detail } = await supervisorState(one)
    const what = inCluster('druid', one.names)
    health.set(what, ok, detail)
    if (ok) troubles.delete(what)
    else troubles.set(what, `${what}: ${detail}`)
  }
  const dropOldDays = async (): Promise<void> => {
    const dropped = await documents.dropOldDays()
    if (dropped.length > 0) log.info({ dropped }, 'indices past retention were deleted')
  }
  const warnOf =
    (what: string) =>
    (message: string): void =>
      log.warn(`${what}: ${message}`)
  const timers = [
    ...everyCluster(neighbours).map((one) =>
      every(SUPERVISOR_CHECK_MS, () => lookAtDruid(one), warnOf(`${inCluster('Druid', one.names)} cannot be looked at`)),
    ),
    every(RETENTION_CHECK_MS, dropOldDays, warnOf('indices past retention cannot be deleted; it is tried again')),
  ]
  return {
    rollupTrouble: () => [...troubles.values()][0] ?? null,
    stop: () => timers.forEach((timer) => clearInterval(timer)),
  }
}
