/**
 * An HTTP proxy before Elasticsearch that answers for it when told to. Each request is shown to a rule, which says what becomes of it; without a rule
 * it passes. Bulk requests may be judged item by item: an item can be refused without Elasticsearch having seen it, or be executed and
 * its answer replaced, which is what a lost answer looks like.
 */
import { createServer, request as send, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

export interface ItemVerdict {
  readonly status: number
  readonly type: string
  readonly reason: string
  /** Whether Elasticsearch executes the item all the same. */
  readonly executed: boolean
}

export type Verdict =
  | { readonly kind: 'pass' }
  /** The proxy's own answer; Elasticsearch sees nothing. */
  | { readonly kind: 'answer'; readonly status: number; readonly type: string; readonly reason: string }
  /** The connection is reset: before Elasticsearch has seen the request, or after it has carried it out. */
  | { readonly kind: 'reset'; readonly after: boolean }
  /** It is carried out, and half of the answer comes; then the connection ends, orderly or by a reset. */
  | { readonly kind: 'half'; readonly orderly: boolean }
  | { readonly kind: 'slow'; readonly ms: number }
  /** It is carried out and never answered. */
  | { readonly kind: 'mute' }
  /** Bulk only: null lets an item pass. */
  | { readonly kind: 'items'; readonly judge: (i: number) => ItemVerdict | null }

export interface SeenRequest {
  readonly method: string
  readonly path: string
  readonly isBulk: boolean
  readonly authorization: string | null
}

export type Rule = (request: SeenRequest) => Verdict

export interface ElasticsearchProxy {
  readonly url: string
  /** How often each kind of verdict other than `pass` was given. */
  readonly given: ReadonlyMap<Verdict['kind'], number>
  /** Null: everything passes. */
  use(rule: Rule | null): void
  close(): Promise<void>
}

export async function startElasticsearchProxy(target: string): Promise<ElasticsearchProxy> {
  let rule: Rule | null = null
  const given = new Map<Verdict['kind'], number>()
  const server = createServer((request, response) => {
    handle(request, response).catch(() => response.destroy())
  })

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bodyOf(request)
    const path = request.url ?? '/'
    const isBulk = /\/_bulk(\?|$)/.test(path)
    const verdict = rule?.({ method: request.method ?? 'GET', path, isBulk, authorization: request.headers.authorization ?? null }) ?? PASS
    if (verdict.kind !== 'pass') given.set(verdict.kind, (given.get(verdict.kind) ?? 0) + 1)
    await CARRY_OUT[verdict.kind](verdict as never, { target, request, response, body }) // the table has a function of the kind's own verdict for each kind
  }

  server.keepAliveTimeout = 0 // only what a rule says is bad
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    given,
    use: (wanted) => void (rule = wanted),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

const PASS: Verdict = { kind: 'pass' }

interface Exchange {
  readonly target: string
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly body: Buffer
}

type CarryOut = { readonly [K in Verdict['kind']]: (verdict: Extract<Verdict, { kind: K }>, exchange: Exchange) => Promise<void> | void }

const CARRY_OUT: CarryOut = {
  pass: async (_, exchange) => reply(exchange, await forwarded(exchange, exchange.body)),
  answer: ({ status, type, reason }, { response }) => void response.writeHead(status, JSON_TYPE).end(errorBody(status, type, reason)),
  reset: async ({ after }, exchange) => {
    if (after) await forwarded(exchange, exchange.body)
    exchange.request.socket.resetAndDestroy()
  },
  half: async ({ orderly }, exchange) => {
    const { status, body } = await forwarded(exchange, exchange.body)
    const { response, request } = exchange
    response.writeHead(status, { ...JSON_TYPE, ...(orderly ? { connection: 'close' } : { 'content-length': String(body.length) }) })
    response.write(body.subarray(0, body.length >> 1))
    if (orderly) response.end()
    else setImmediate(() => request.socket.destroySoon())
  },
  slow: async ({ ms }, exchange) => {
    const answer = await forwarded(exchange, exchange.body)
    await delay(ms)
    reply(exchange, answer)
  },
  mute: async (_, exchange) => void (await forwarded(exchange, exchange.body)),
  items: async ({ judge }, exchange) => reply(exchange, await judged(exchange, judge)),
}

const JSON_TYPE = { 'content-type': 'application/json', 'x-elastic-product': 'Elasticsearch' }

interface Answer {
  readonly status: number
  readonly body: Buffer
  readonly headers: IncomingMessage['headers']
}

function reply({ response }: Exchange, { status, body, headers }: Answer): void {
  const { 'transfer-encoding': _, connection: __, ...rest } = headers
  response.writeHead(status, { ...rest, 'content-length': String(body.length) }).end(body)
}

function forwarded({ target, request }: Exchange, body: Buffer): Promise<Answer> {
  const { 'content-length': _, host: __, 'transfer-encoding': ___, ...headers } = request.headers
  return new Promise((resolve, reject) => {
    const outgoing = send(
      new URL(request.url ?? '/', target),
      { agent: false, method: request.method, headers: { ...headers, 'content-length': String(body.length) } },
      (incoming) => {
        bodyOf(incoming).then((bytes) => resolve({ status: incoming.statusCode ?? 502, body: bytes, headers: incoming.headers }), reject)
      },
    )
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

/** The items that pass or are executed are sent on; the answer has all of them, in order. */
async function judged(exchange: Exchange, judge: (i: number) => ItemVerdict | null): Promise<Answer> {
  const items = bulkItems(exchange.body)
  const verdicts = items.map((_, i) => judge(i))
  const sent = items.filter((_, i) => verdicts[i]?.executed !== false)
  const answer: Answer =
    sent.length === 0
      ? { status: 200, body: Buffer.from('{"items":[]}'), headers: JSON_TYPE }
      : await forwarded(exchange, Buffer.from(`${sent.join('\n')}\n`))
  if (answer.status !== 200) return answer
  const parsed = JSON.parse(answer.body.toString()) as { items: unknown[] }
  const settled = verdicts.map((verdict) => {
    const real = verdict?.executed === false ? null : parsed.items.shift()
    return verdict === null ? real : { update: { status: verdict.status, error: { type: verdict.type, reason: verdict.reason } } }
  })
  return { ...answer, body: Buffer.from(JSON.stringify({ ...parsed, items: settled })) }
}

/** An action and its source for each item: all that Tracefold sends are updates. */
function bulkItems(body: Buffer): string[] {
  const lines = body.toString().trimEnd().split('\n')
  return Array.from({ length: lines.length >> 1 }, (_, i) => `${lines[2 * i]}\n${lines[2 * i + 1]}`)
}

function errorBody(status: number, type: string, reason: string): string {
  return JSON.stringify({ error: { root_cause: [{ type, reason }], type, reason }, status })
}

async function bodyOf(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks)
}
