/**
 * Keeps records of aborted transactions from our consumers. In: what kafkajs decodes of a fetch's answer. Out: the same, with every aborted record
 * called a control record, which kafkajs takes for the position and shows to nobody.
 *
 * kafkajs (2.2.4) lets some of them through. It takes the broker's list of aborted transactions for sorted by first offset, but it is sorted by where
 * they were aborted; and it takes up at most one transaction for each record. So whatever several producers write to one partition at a time (our
 * ledger and rollup topics after a kill) was read as if it had been committed. Here it is done as Kafka's own consumer does it.
 */
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url) // kafkajs is CommonJS, and these are its insides

/** Versions of the fetch request whose answers name aborted transactions. */
const VERSIONS = [4, 5, 6, 7, 8, 9, 10, 11]
/** Key of a control record: version 0, type 0. */
const ABORT_MARKER = Buffer.from([0, 0, 0, 0])

/** A record as kafkajs decodes it. */
export interface RawRecord {
  readonly offset: string
  readonly key: Buffer | null
  isControlRecord: boolean
  readonly batchContext?: { readonly producerId: string; readonly inTransaction: boolean }
}

export interface AbortedTransaction {
  readonly producerId: string
  readonly firstOffset: string
}

export interface RawPartition {
  /** Null where the broker was asked for uncommitted records too. */
  abortedTransactions: readonly AbortedTransaction[] | null
  readonly messages: readonly RawRecord[]
}

interface RawAnswer {
  readonly responses: readonly { readonly partitions: readonly RawPartition[] }[]
}

let isHooked = false

/** Hooks into kafkajs, once. */
export function hideAbortedRecords(): void {
  if (isHooked) return
  isHooked = true
  for (const version of VERSIONS) {
    const response = require(`kafkajs/src/protocol/requests/fetch/v${version}/response`) as { decode(raw: unknown): Promise<RawAnswer> }
    const { decode } = response
    response.decode = async (raw) => {
      const answer = await decode(raw)
      for (const { partitions } of answer.responses) for (const partition of partitions) hideAborted(partition)
      return answer
    }
  }
}

/** Records in order of offsets, as a partition's log has them. */
export function hideAborted(partition: RawPartition): void {
  const ahead = (partition.abortedTransactions ?? []).toSorted((a, b) => Number(a.firstOffset) - Number(b.firstOffset))
  partition.abortedTransactions = []
  if (ahead.length === 0) return
  const aborted = new Set<string>()
  for (const record of partition.messages) {
    while (ahead[0] !== undefined && Number(ahead[0].firstOffset) <= Number(record.offset))
      aborted.add((ahead.shift() as AbortedTransaction).producerId)
    const { batchContext } = record
    if (batchContext === undefined || !batchContext.inTransaction) continue
    if (!record.isControlRecord) record.isControlRecord = aborted.has(batchContext.producerId)
    else if (record.key !== null && ABORT_MARKER.equals(record.key)) aborted.delete(batchContext.producerId)
  }
}
