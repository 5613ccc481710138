/** A closed Kafka client holds no connection and makes none, so that a late call cannot keep the process alive. */
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { closeKafka, createKafka } from '../../../src/kafka/client.ts'
import { createLogger } from '../../../src/log.ts'
import { waitUntil } from '../../support/wait.ts'

/** A broker that takes connections and answers nothing. */
let server: Server
const taken: Socket[] = []

beforeEach(async () => {
  taken.length = 0
  server = createServer((socket) => {
    taken.push(socket)
    socket.on('error', () => {})
    socket.resume()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})
afterEach(() => {
  for (const socket of taken) socket.destroy()
  server.close()
})

function client() {
  const { port } = server.address() as AddressInfo // it listens on a port
  return createKafka({ brokers: [`127.0.0.1:${port}`], retry: { retries: 0 } }, createLogger({ level: 'silent' }))
}

test('a call after the close fails and connects to nothing', async () => {
  const kafka = client()
  closeKafka(kafka)
  await expect(kafka.admin().connect()).rejects.toThrow(/the client is closed/)
  expect(taken).toHaveLength(0)
})

test('what is under way at the close fails, and its connection ends', async () => {
  const kafka = client()
  const connecting = kafka.admin().connect()
  connecting.catch(() => {}) // awaited below
  const [socket] = await waitUntil('a connection', () => (taken.length > 0 ? taken : null))
  closeKafka(kafka)
  await expect(connecting).rejects.toThrow(/the client is closed/)
  await waitUntil('the connection to end', () => socket?.readableEnded === true || socket?.destroyed === true)
})
