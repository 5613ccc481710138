/**
 * Producers for transactions. In: a `transactional.id` that is bound to what it writes for, so that a successor fences its predecessor. Out: a producer,
 * not connected; its first transaction initialises it, which fences every earlier one of the id and settles what was in flight.
 *
 * Delivery: kafkajs tries again within a transaction for about 6 s; past that the producer is of no more use and is to be thrown away.
 */
import type { Producer } from 'kafkajs'
import { TracefoldError } from '../errors.ts'
import { kafkaError, type KafkaClient } from './client.ts'

const RETRY = { retries: 6, initialRetryTime: 100, maxRetryTime: 2_000 }

export function transactionalProducer(kafka: KafkaClient, transactionalId: string, transactionTimeoutMs: number): Producer {
  return kafka.producer({
    transactionalId,
    idempotent: true,
    maxInFlightRequests: 1,
    transactionTimeout: transactionTimeoutMs,
    allowAutoTopicCreation: false,
    retry: RETRY,
  })
}

/** Does some work of a command that another one may take over: then it rejects with `partition_lost` and says so. */
export async function unlessTakenOver(doing: string, command: string, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    const ours = kafkaError(error, doing)
    throw ours.code === 'partition_lost'
      ? new TracefoldError('partition_lost', `another ${command} has taken over; what was counted before is counted`, { cause: error })
      : ours
  }
}
