/**
 * The only place that makes kafkajs clients: our logger behind it, every codec registered, aborted records hidden, and what its errors mean for us.
 * kafkajs is no longer maintained, so nothing outside src/kafka, src/source/kafka.ts and the stores on topics knows of it.
 */
import kafkajs, { type Kafka as KafkaClient, type KafkaConfig, type LogEntry } from 'kafkajs'
import type { Logger } from 'pino'
import { messageOf, TracefoldError } from '../errors.ts'
import { hideAbortedRecords } from './aborted-records.ts'
import { registerCodecs } from './codecs.ts'
import { Sockets } from './sockets.ts'

const { Kafka, logLevel } = kafkajs // a CommonJS package without named exports

export type { KafkaClient }

const socketsOf = new WeakMap<KafkaClient, Sockets>()

export function createKafka(config: KafkaConfig, log: Logger): KafkaClient {
  registerCodecs()
  hideAbortedRecords()
  process.env['KAFKAJS_NO_PARTITIONER_WARNING'] = '1' // kafkajs reads it; we choose partitions ourselves
  const sockets = new Sockets()
  const kafka = new Kafka({
    ...config,
    socketFactory: sockets.make,
    logLevel: logLevel.INFO,
    logCreator: () => (entry) => forward(entry, log),
  })
  socketsOf.set(kafka, sockets)
  return kafka
}

/** After everything was disconnected: whoever is late connects no more. */
export function closeKafka(kafka: KafkaClient): void {
  socketsOf.get(kafka)?.close()
}

/** kafkajs logs pauses and joins at info, and as errors every answer that it retries ("coordinator is loading"): quieter in our log. */
function forward({ level, log: { message, ...rest } }: LogEntry, log: Logger): void {
  const { timestamp: _timestamp, logger: _logger, stack: _stack, ...fields } = rest
  if (level === logLevel.ERROR && !/^(Response|Request) /.test(message)) log.warn(fields, `kafka client: ${message}`)
  else log.debug(fields, `kafka client: ${message}`)
}

/** The group or the transaction has moved on without us: drop what we hold. */
const LOST_TYPES = new Set([
  'ILLEGAL_GENERATION',
  'UNKNOWN_MEMBER_ID',
  'REBALANCE_IN_PROGRESS',
  'FENCED_INSTANCE_ID',
  'INVALID_PRODUCER_EPOCH',
  'PRODUCER_FENCED',
  'INVALID_PRODUCER_ID_MAPPING',
  'INVALID_TXN_STATE',
])

/** The broker will not take this in any try: what was sent is larger than it allows, or not of the form that it expects. */
const REFUSED_TYPES = new Set([
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
  'OFFSET_METADATA_TOO_LARGE',
  'INVALID_COMMIT_OFFSET_SIZE',
  'INVALID_RECORD',
])

/** An error of kafkajs in our words: `partition_lost` where we were superseded, `store_refused` for what is of no use to send again, else `neighbour_away`, which is retried. */
export function kafkaError(error: unknown, doing: string): TracefoldError {
  if (error instanceof TracefoldError) return error
  const types = typesOf(error)
  const message = messageOf(error)
  if (types.some((type) => LOST_TYPES.has(type))) {
    return new TracefoldError('partition_lost', `${doing}: another process has taken over (${message})`, { cause: error })
  }
  if (types.some((type) => REFUSED_TYPES.has(type))) {
    return new TracefoldError(
      'store_refused',
      `${doing}: the broker refuses this for its size or form, and would again (${message}). ` +
        "Compare its message.max.bytes and offset.metadata.max.bytes, and the topic's max.message.bytes, with Kafka's defaults.",
      { cause: error },
    )
  }
  return new TracefoldError('neighbour_away', `${doing}: ${message}`, { cause: error })
}

/** A cause may lead back to itself. */
const MAX_CAUSES = 8

function typesOf(error: unknown): string[] {
  const types: string[] = []
  let at: unknown = error
  for (let depth = 0; at instanceof Error && depth < MAX_CAUSES; depth++, at = at.cause) {
    const type = (at as { type?: unknown }).type
    if (typeof type === 'string') types.push(type)
  }
  return types
}
