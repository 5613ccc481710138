/** A real HTTP server that plays a receiver: it keeps what came and answers what the test says. */
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Received {
  readonly method: string
  /** Path and query. */
  readonly url: URL
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export type Answer = (response: ServerResponse, received: Received) => void

export interface HttpReceiver {
  readonly url: string
  readonly received: readonly Received[]
  /** Answers in turn; the last one goes on answering. */
  answer(...answers: Answer[]): void
  close(): Promise<void>
}

export function json(body: unknown, status = 200, headers: Record<string, string> = {}): Answer {
  return (response) => void response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
}

export function text(body: string, status = 200, headers: Record<string, string> = {}): Answer {
  return (response) => void response.writeHead(status, headers).end(body)
}

/** Never answers. */
export const silence: Answer = () => {}

/** Cuts the connection without a word. */
export const reset: Answer = (response) => void response.socket?.destroy()

/** Begins to answer and cuts the connection. */
export const half: Answer = (response) => {
  response.writeHead(200, { 'content-length': '1000' }).write('{"errcode":', () => response.socket?.destroy())
}

export async function startReceiver(...answers: Answer[]): Promise<HttpReceiver> {
  const received: Received[] = []
  let script = answers
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const one = {
        method: request.method ?? '',
        url: new URL(request.url ?? '/', 'http://receiver'),
        headers: request.headers,
        body: Buffer.concat(chunks).toString('utf8'),
      }
      received.push(one)
      const answer = script.length > 1 ? script.shift() : script[0]
      answer?.(response, one)
    })
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  return {
    // A server that listens on a port has an AddressInfo.
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    answer: (...next) => void (script = next),
    close: async () => {
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    },
  }
}
