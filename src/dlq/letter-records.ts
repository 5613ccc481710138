/** The records that letters speak of, read again from the source topics. One partition at a time is held open: whoever asks goes partition by partition. */
import { isTracefoldError } from '../errors.ts'
import type { KafkaClient } from '../kafka/client.ts'
import { isUnknownTopic, PartitionReader, type Fetched } from '../kafka/partition-reader.ts'
import { partitionKey, type Partition, type SourceRecord } from '../source/source.ts'

export class LetterRecords {
  readonly #kafka: KafkaClient
  #reader: PartitionReader | null = null
  #key = ''
  /** What was fetched last: the next letter's record is often in it. */
  #fetched: (Fetched & { readonly from: number }) | null = null

  constructor(kafka: KafkaClient) {
    this.#kafka = kafka
  }

  /** Null where the log has no such record any more. Rejects with `neighbour_away`. */
  async read(p: Partition, offset: number): Promise<SourceRecord | null> {
    const reader = await this.#readerOf(p)
    try {
      if (this.#fetched === null || offset < this.#fetched.from || offset >= this.#fetched.next)
        this.#fetched = { from: offset, ...(await reader.read(offset)) }
      return this.#fetched.records.find((record) => record.offset === offset) ?? null
    } catch (error) {
      this.#fetched = null
      if (isTracefoldError(error, 'position_lost') || isUnknownTopic(error)) return null
      throw error
    }
  }

  async close(): Promise<void> {
    await this.#reader?.close()
    this.#reader = null
    this.#fetched = null
  }

  async #readerOf(p: Partition): Promise<PartitionReader> {
    const key = partitionKey(p)
    if (this.#reader !== null && this.#key === key) return this.#reader
    await this.close()
    this.#key = key
    this.#reader = new PartitionReader(this.#kafka, p.topic, p.partition)
    return this.#reader
  }
}
