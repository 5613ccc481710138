/** A closed Kafka client holds no connection and makes none, so that a late call cannot keep the process alive. */
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { closeKafka, createKafka } from '../../../src/kafka/client.ts'
import { createLogger } from '../../../src/log.ts'
import { waitUntil } from '../../support/wait.ts'

/** A broker that takes connections and answers nothing. */
let server: Server
const taken: Socket[] = []
/** First byte of each: what TLS begins with, or the length of a request. */
const begins: number[] = []
const TLS_HANDSHAKE = 0x16

beforeEach(async () => {
  taken.length = 0
  begins.length = 0
  server = createServer((socket) => {
    taken.push(socket)
    socket.on('error', () => {})
    socket.once('data', (bytes: Buffer) => void begins.push(bytes[0] ?? -1))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})
afterEach(() => {
  for (const socket of taken) socket.destroy()
  server.close()
})

function client(ssl: boolean) {
  const { port } = server.address() as AddressInfo // it listens on a port
  return createKafka({ brokers: [`127.0.0.1:${port}`], ssl, retry: { retries: 0 } }, createLogger({ level: 'silent' }))
}

test('a call after the close fails and connects to nothing', async () => {
  const kafka = client(false)
  closeKafka(kafka)
  await expect(kafka.admin().connect()).rejects.toThrow(/the client is closed/)
  expect(taken).toHaveLength(0)
})

test.each([true, false])('what is under way at the close fails, and its connection ends (TLS: %s)', async (ssl) => {
  const kafka = client(ssl)
  const connecting = kafka.admin().connect()
  connecting.catch(() => {}) // awaited below
  const [begin] = await waitUntil('a request', () => (begins.length > 0 ? begins : null))
  expect(begin === TLS_HANDSHAKE).toBe(ssl)
  closeKafka(kafka)
  await expect(connecting).rejects.toThrow(/the client is closed/)
  await waitUntil('the connection to end', () => taken.every((socket) => socket.readableEnded || socket.destroyed))
})
