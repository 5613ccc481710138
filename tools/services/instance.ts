/**
 * The default instance of the three servers, which `npm run services` runs: fixed ports, one data folder each in the cache, shared by
 * all checkouts of this user.
 */
import { join } from 'node:path'
import { druidPorts } from './druid-settings.ts'
import { druidPlan } from './druid.ts'
import { elasticsearchPlan } from './elasticsearch.ts'
import { fetchDruid, fetchElasticsearch, fetchKafka, type Say } from './fetch.ts'
import { kafkaPlan } from './kafka.ts'
import { cacheRoot } from './paths.ts'
import { LOOPBACK } from './ports.ts'
import type { Plan } from './server.ts'
import { keptFolders, reachable, unprivileged } from './user.ts'

export const SERVICES = ['kafka', 'elasticsearch', 'druid'] as const
export type Service = (typeof SERVICES)[number]

const KAFKA = { port: 29_092, controllerPort: 29_093 }
const ELASTICSEARCH = { port: 29_200, transportPort: 29_300 }
const DRUID = druidPorts(28_080)

/** The settings that point tracefold at the default instance. */
export const SETTINGS: Readonly<Record<Service, Readonly<Record<string, string>>>> = {
  kafka: { TRACEFOLD_KAFKA_BROKERS: `${LOOPBACK}:${KAFKA.port}` },
  elasticsearch: { TRACEFOLD_ELASTICSEARCH_NODES: `http://${LOOPBACK}:${ELASTICSEARCH.port}`, TRACEFOLD_ELASTICSEARCH_REPLICAS: '0' },
  druid: {
    TRACEFOLD_DRUID_QUERY_URL: `http://${LOOPBACK}:${DRUID.broker}`,
    TRACEFOLD_DRUID_COORDINATOR_URL: `http://${LOOPBACK}:${DRUID.coordinator}`,
  },
}

export function planOf(service: Service, say?: Say): Plan {
  switch (service) {
    case 'kafka':
      return kafkaPlan({ dir: join(cacheRoot(), 'data', 'kafka'), ...KAFKA }, {}, say)
    case 'elasticsearch':
      return elasticsearchPlan(
        { dir: join(reachable(keptFolders(cacheRoot()), unprivileged()), 'data', 'elasticsearch'), ...ELASTICSEARCH },
        {},
        say,
      )
    case 'druid':
      return druidPlan({ dir: join(cacheRoot(), 'data', 'druid'), ports: DRUID }, {}, say)
  }
}

export async function fetchService(service: Service, say: Say): Promise<void> {
  switch (service) {
    case 'kafka':
      await fetchKafka(say)
      return
    case 'elasticsearch':
      await fetchElasticsearch(say)
      return
    case 'druid':
      await fetchDruid(say)
  }
}
