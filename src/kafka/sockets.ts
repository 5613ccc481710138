/**
 * The sockets of one Kafka client. kafkajs (2.2.4) connects again by itself wherever a call comes, or goes on, after its part was disconnected, and such
 * a connection keeps the process alive for ever. In: what kafkajs wants to connect to. Out: sockets, until `close`; from then on none is left and none is made.
 *
 * Delivery: to be closed after everything was disconnected: what is then still under way fails, as if the broker were away.
 */
import type { ISocketFactory } from 'kafkajs'
import { connect as connectPlain, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'

/** As kafkajs does. */
const KEEP_ALIVE_MS = 60_000
const CLOSED = 'the client is closed'

export class Sockets {
  readonly #open = new Set<Socket>()
  #isClosed = false

  /** For kafkajs's configuration. `ssl` is not there, or false, where there is none, whatever the types say. */
  readonly make: ISocketFactory = ({ host, port, ssl, onConnect }) => {
    if (this.#isClosed) throw new Error(CLOSED)
    const serverName = isIP(host) === 0 ? { servername: host } : {}
    const socket = (ssl as typeof ssl | false | undefined)
      ? connectTls({ host, port, ...serverName, ...ssl }, onConnect)
      : connectPlain({ host, port }, onConnect)
    socket.setKeepAlive(true, KEEP_ALIVE_MS)
    this.#open.add(socket)
    socket.once('close', () => this.#open.delete(socket))
    return socket
  }

  close(): void {
    this.#isClosed = true
    for (const socket of this.#open) socket.destroy(new Error(CLOSED))
  }
}
