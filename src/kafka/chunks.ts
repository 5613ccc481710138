/**
 * Messages cut into lists that a broker takes as one record batch each. kafkajs makes one batch of all that it is given for a partition, and
 * a broker refuses what is larger than its `message.max.bytes`, for good: it would come again and again. Order is kept. Pure.
 */
import type { Message } from 'kafkajs'

/** Under the broker's default of 1,048,588, with room for what each message and batch costs beside its bytes. */
const MAX_BATCH_BYTES = 900_000
/** Lengths, offset and timestamp of a record, and of a header. */
const RECORD_OVERHEAD_BYTES = 32

/** A message that is larger by itself gets a list of its own. */
export function chunked(messages: readonly Message[]): Message[][] {
  const chunks: Message[][] = []
  let bytes = Infinity
  for (const message of messages) {
    const size = sizeOf(message)
    if (bytes + size > MAX_BATCH_BYTES) {
      chunks.push([])
      bytes = 0
    }
    chunks.at(-1)?.push(message)
    bytes += size
  }
  return chunks
}

function sizeOf({ key, value, headers }: Message): number {
  let bytes = RECORD_OVERHEAD_BYTES + bytesOf(key) + bytesOf(value)
  for (const [name, header] of Object.entries(headers ?? {})) bytes += RECORD_OVERHEAD_BYTES + bytesOf(name) + bytesOf(String(header))
  return bytes
}

function bytesOf(part: Buffer | string | null | undefined): number {
  return part === null || part === undefined ? 0 : Buffer.byteLength(part)
}
