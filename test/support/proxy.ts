/**
 * A TCP proxy on the loopback address that misbehaves when told to. In: where to forward to. Out: a port of its own and what may go wrong on it.
 *
 * What is set holds for connections that are open and for those to come, until it is set otherwise; `cut` and `halfClose` happen once.
 */
import { createConnection, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

const LOOPBACK = '127.0.0.1'
const SLICES_PER_SECOND = 20

export interface Trouble {
  /** Nobody listens: connections are refused, those that are open are reset. */
  readonly refuse: boolean
  /** Connections are taken and kept, and nothing gets through, either way. */
  readonly silent: boolean
  /** How much later than they came bytes go on, each way. */
  readonly delayMs: number
  /** Each way of each connection; 0 is without limit. */
  readonly bytesPerSecond: number
  /** An answer is cut off after so many bytes from the server on one connection; 0 is never. */
  readonly cutAfterBytes: number
}

export const NO_TROUBLE: Trouble = { refuse: false, silent: false, delayMs: 0, bytesPerSecond: 0, cutAfterBytes: 0 }

export interface FaultProxy {
  readonly port: number
  /** `http://host:port` */
  readonly url: string
  /** Connections taken so far. */
  readonly connections: number
  /** What is not named is no trouble. */
  set(trouble: Partial<Trouble>): Promise<void>
  /** Resets all connections, once. */
  cut(): void
  /** Ends the server's side of all connections, once: the client may still send, and gets no answer. */
  halfClose(): void
  close(): Promise<void>
}

export interface ProxyTarget {
  readonly host?: string
  readonly port: number
  /** The proxy's own port; a free one unless told. */
  readonly listenOn?: number
}

interface Pair {
  readonly client: Socket
  readonly server: Socket
}

export async function startProxy({ host = LOOPBACK, port: target, listenOn = 0 }: ProxyTarget): Promise<FaultProxy> {
  const pairs = new Set<Pair>()
  let trouble = NO_TROUBLE
  let connections = 0
  let server = await listen(listenOn)
  const { port } = server.address() as AddressInfo // it listens on a port

  function listen(on: number): Promise<Server> {
    const made = createServer({ allowHalfOpen: true }, take)
    return new Promise((resolve, reject) => {
      made.once('error', reject)
      made.listen(on, LOOPBACK, () => resolve(made))
    })
  }

  function take(client: Socket): void {
    connections++
    const pair: Pair = { client, server: createConnection({ host, port: target, allowHalfOpen: true }) }
    pairs.add(pair)
    for (const side of [pair.client, pair.server]) {
      side.on('error', () => reset(pair))
      side.once('close', () => reset(pair))
    }
    pass(pair.client, pair.server, false).catch(() => reset(pair))
    pass(pair.server, pair.client, true).catch(() => reset(pair))
  }

  /** Until `from` ends. `isAnswer`: from the server to the client. */
  async function pass(from: Socket, to: Socket, isAnswer: boolean): Promise<void> {
    let passed = 0
    for await (const chunk of from as AsyncIterable<Buffer>) {
      if (trouble.silent) continue
      if (trouble.delayMs > 0) await delay(trouble.delayMs)
      const isCut = isAnswer && trouble.cutAfterBytes > 0 && passed + chunk.length >= trouble.cutAfterBytes
      const allowed = isCut ? chunk.subarray(0, trouble.cutAfterBytes - passed) : chunk
      await write(to, allowed)
      passed += allowed.length
      if (isCut) {
        to.end()
        from.destroy()
        return
      }
    }
    to.end()
  }

  async function write(to: Socket, bytes: Buffer): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      const slice = trouble.bytesPerSecond === 0 ? bytes.length : Math.max(1, Math.ceil(trouble.bytesPerSecond / SLICES_PER_SECOND))
      if (!to.write(bytes.subarray(at, at + slice))) await Promise.race([once(to, 'drain'), once(to, 'close')])
      at += slice
      if (at < bytes.length) await delay(1_000 / SLICES_PER_SECOND)
    }
  }

  function reset(pair: Pair): void {
    pairs.delete(pair)
    for (const side of [pair.client, pair.server]) if (!side.destroyed) side.resetAndDestroy()
  }

  function cut(): void {
    for (const pair of pairs) reset(pair)
  }

  function stopListening(): Promise<void> {
    return new Promise((resolve) => {
      if (!server.listening) {
        resolve()
        return
      }
      server.close(() => resolve())
      cut()
    })
  }

  return {
    port,
    url: `http://${LOOPBACK}:${port}`,
    get connections() {
      return connections
    },
    async set(wanted) {
      trouble = { ...NO_TROUBLE, ...wanted }
      if (trouble.refuse) await stopListening()
      else if (!server.listening) server = await listen(port)
    },
    cut,
    halfClose: () => {
      for (const { client } of pairs) client.end()
    },
    close: stopListening,
  }
}

function once(socket: Socket, event: 'drain' | 'close'): Promise<void> {
  return new Promise((resolve) => socket.once(event, () => resolve()))
}
