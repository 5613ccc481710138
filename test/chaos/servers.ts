/** The servers that faults share: each is started when the first one asks. A fault that ends or changes a server starts one of its own. */
import { startDruid } from '../../tools/services/druid.ts'
import { startElasticsearch } from '../../tools/services/elasticsearch.ts'
import type { KafkaVersion } from '../../tools/services/fetch.ts'
import { startKafka } from '../../tools/services/kafka.ts'

export interface Servers {
  kafka(): Promise<{ readonly brokers: string[] }>
  elasticsearch(): Promise<{ readonly url: string }>
  druid(): Promise<{ readonly queryUrl: string; readonly coordinatorUrl: string }>
}

export function ownServers(kafkaVersion: KafkaVersion): Servers & { close(): Promise<void> } {
  const started: Promise<{ close(): Promise<void> }>[] = []
  const lazily = <T extends { close(): Promise<void> }>(start: () => Promise<T>): (() => Promise<T>) => {
    let one: Promise<T> | null = null
    return () => {
      if (one === null) started.push((one = start()))
      return one
    }
  }
  return {
    kafka: lazily(() => startKafka({ version: kafkaVersion })),
    elasticsearch: lazily(startElasticsearch),
    druid: lazily(startDruid),
    close: async () => {
      for (const ended of await Promise.allSettled(started)) if (ended.status === 'fulfilled') await ended.value.close()
    },
  }
}
