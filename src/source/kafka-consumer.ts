/** How a source's consumer is set up in kafkajs. In: what the settings say. Out: kafkajs's configuration. Delivery: none of its own. */
import type { ConsumerConfig } from 'kafkajs'

/** Longest wait of a fetch for new records: bounds the idle CPU and the latency of a pause or a stop. */
const MAX_WAIT_MS = 250
/** A rebalance waits until every member has heard of it by a heartbeat, and nothing is read meanwhile. */
const HEARTBEAT_INTERVAL_MS = 1_000

export interface ConsumerOptions {
  readonly groupId: string
  readonly sessionTimeoutMs: number
  readonly maxBytesPerPartition: number
}

export function consumerConfig({ groupId, sessionTimeoutMs, maxBytesPerPartition }: ConsumerOptions): ConsumerConfig {
  return {
    groupId,
    sessionTimeout: sessionTimeoutMs,
    rebalanceTimeout: sessionTimeoutMs * 2,
    heartbeatInterval: Math.min(HEARTBEAT_INTERVAL_MS, Math.ceil(sessionTimeoutMs / 3)),
    maxBytesPerPartition,
    maxBytes: maxBytesPerPartition * 4,
    maxWaitTimeInMs: MAX_WAIT_MS,
    allowAutoTopicCreation: false,
    retry: { initialRetryTime: 300, maxRetryTime: 10_000, retries: 5, restartOnFailure: () => Promise.resolve(false) }, // 5 tries: 9 s
  }
}
