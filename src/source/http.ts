/**
 * Source: bodies of HTTP requests. Each request is a partition of its own, `http/<digest of key and body, or a random id>/0`; an offset is a line number
 * of the body, from 0. A body is lines (one JSON event each, pretty-printed or plain text as in a file), or one JSON array, which is one record.
 *
 *   ingest --onAdded--> opened --> delivered --committed up to its end--> answered, onRemoved
 *
 * Delivery: an answer means that everything is committed. A request that failed may be repeated: with an idempotency key nothing is counted twice, also
 * where the first try was counted in part; without one, what was committed of the first try is counted again. The digest takes in the body, so that
 * a key used for two different bodies loses neither. Never ends by itself.
 */
import { createHash, randomUUID } from 'node:crypto'
import { TracefoldError } from '../errors.ts'
import { Pump } from './pump.ts'
import { RecordAssembler, type Assembled } from './record-assembler.ts'
import { partitionKey, type Batch, type Bounds, type Partition, type Source, type SourceHandler } from './source.ts'

const MAX_REQUESTS = 64
const MAX_BYTES = 134_217_728
const OPEN_BRACKET = 91
/** What stands in as the job where a record names none. */
const KEY = Buffer.from('http')
/** What to tell a client that was turned away because too much is under way: a commit takes well under a second. */
export const RETRY_AFTER_SECONDS = 1

export interface HttpSourceOptions {
  readonly maxRecordBytes: number
  /** Requests under way at once; past that they are turned away. */
  readonly maxRequests?: number
  /** Bytes of their bodies. A single larger one is taken when nothing else is under way. */
  readonly maxBytes?: number
}

export interface IngestResult {
  /** Records in the body, whether counted now or before. */
  readonly records: number
  /** True where everything had been counted before. */
  readonly duplicate: boolean
}

export interface HttpSource extends Source {
  /** Resolves when everything is committed. Rejects with `not_available` where too much is under way or the source stops. */
  ingest(body: Buffer, idempotencyKey: string | null): Promise<IngestResult>
}

export function createHttpSource(options: HttpSourceOptions): HttpSource {
  return new Requests(options)
}

/** (Promise.withResolvers is not in Node.js 20.) */
interface Answer {
  readonly promise: Promise<IngestResult>
  resolve(result: IngestResult): void
  reject(error: TracefoldError): void
}

interface Request {
  readonly partition: Partition
  readonly batches: readonly Assembled[]
  readonly records: number
  readonly end: number
  readonly bytes: number
  readonly pump: Pump
  readonly answer: Answer
  hasDelivered: boolean
}

class Requests implements HttpSource {
  readonly #options: HttpSourceOptions
  #handler: SourceHandler | null = null
  readonly #open = new Map<string, Request>()
  #bytes = 0

  constructor(options: HttpSourceOptions) {
    this.#options = options
  }

  async start(handler: SourceHandler): Promise<void> {
    this.#handler = handler
    handler.onAssigned([])
  }

  async ingest(body: Buffer, idempotencyKey: string | null): Promise<IngestResult> {
    const handler = this.#handler
    if (handler === null) throw new TracefoldError('not_available', 'the stream is not running: nothing was taken, send it again later')
    const partition: Partition = { cluster: 'http', topic: topicOf(body, idempotencyKey), partition: 0 }
    const same = this.#open.get(partitionKey(partition))
    if (same !== undefined) return { ...(await same.answer.promise), duplicate: true }
    this.#checkRoom(body.length)
    const batches = assembled(body, this.#options.maxRecordBytes)
    const end = batches.at(-1)?.next
    if (end === undefined) return { records: 0, duplicate: false }
    return this.#add(partition, batches, end, body.length, handler)
  }

  seek(p: Partition, offset: number): void {
    this.#open.get(partitionKey(p))?.pump.seek(offset)
  }

  pause(p: Partition): void {
    this.#open.get(partitionKey(p))?.pump.pause()
  }

  resume(p: Partition): void {
    this.#open.get(partitionKey(p))?.pump.resume()
  }

  async bounds(p: Partition): Promise<Bounds> {
    return { begin: 0, end: this.#open.get(partitionKey(p))?.end ?? 0 }
  }

  committed(p: Partition, next: number): void {
    this.#open.get(partitionKey(p))?.pump.committed(next)
  }

  ended(): null {
    return null
  }

  async stop(): Promise<void> {
    this.#handler = null
    const requests = [...this.#open.values()]
    await Promise.all(requests.map((request) => request.pump.stop()))
    const stopping = new TracefoldError(
      'not_available',
      'the stream stopped before everything was counted: send it again, with the same idempotency key',
    )
    for (const request of requests) request.answer.reject(stopping)
    this.#open.clear()
    this.#bytes = 0
  }

  #checkRoom(bytes: number): void {
    const { maxRequests = MAX_REQUESTS, maxBytes = MAX_BYTES } = this.#options
    const isFull = this.#open.size >= maxRequests || (this.#open.size > 0 && this.#bytes + bytes > maxBytes)
    if (isFull)
      throw new TracefoldError('not_available', `${this.#open.size} requests are under way already: try again in ${RETRY_AFTER_SECONDS} s`)
  }

  #add(partition: Partition, batches: readonly Assembled[], end: number, bytes: number, handler: SourceHandler): Promise<IngestResult> {
    const pump = new Pump(
      (from) => read(request, from),
      handler,
      () => this.#answer(request),
    )
    const records = batches.reduce((sum, batch) => sum + batch.records.length, 0)
    const request: Request = { partition, batches, records, end, bytes, pump, answer: pendingAnswer(), hasDelivered: false }
    this.#open.set(partitionKey(partition), request)
    this.#bytes += bytes
    handler.onAdded(partition)
    return request.answer.promise
  }

  #answer(request: Request): void {
    this.#open.delete(partitionKey(request.partition))
    this.#bytes -= request.bytes
    request.answer.resolve({ records: request.records, duplicate: !request.hasDelivered })
    this.#handler?.onRemoved(request.partition)
  }
}

function pendingAnswer(): Answer {
  let resolve: Answer['resolve'] = () => undefined
  let reject: Answer['reject'] = () => undefined
  const promise = new Promise<IngestResult>((onResult, onError) => {
    resolve = onResult
    reject = onError
  })
  return { promise, resolve, reject }
}

async function* read(request: Request, from: number): AsyncGenerator<Batch> {
  let position = from
  for (const { records, next } of request.batches) {
    if (next <= from) continue
    request.hasDelivered = true
    yield {
      partition: request.partition,
      fetchedFrom: position,
      records: records.filter((record) => record.offset >= from),
      next,
      end: request.end,
    }
    position = next
  }
}

function topicOf(body: Buffer, idempotencyKey: string | null): string {
  if (idempotencyKey === null) return randomUUID()
  return createHash('sha256').update(`${idempotencyKey.length}:${idempotencyKey}\0`).update(body).digest('hex').slice(0, 32)
}

function assembled(body: Buffer, maxRecordBytes: number): Assembled[] {
  if (isJsonArray(body)) return [{ records: [{ offset: 0, timestampMs: null, key: KEY, value: body, headers: {} }], next: 1 }]
  const assembler = new RecordAssembler({ maxRecordBytes, key: KEY })
  assembler.push(body)
  assembler.end()
  return assembler.drain(0)
}

/** One value as a whole. Lines of text may begin with a bracket too, so it has to be parsed. */
function isJsonArray(body: Buffer): boolean {
  let at = 0
  while ((body[at] ?? OPEN_BRACKET) <= 32) at++
  if (body[at] !== OPEN_BRACKET) return false
  try {
    JSON.parse(body.toString('utf8'))
    return true
  } catch {
    return false
  }
}
