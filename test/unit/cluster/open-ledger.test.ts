/** The ledger over two clusters of which one is away. */
import { createServer, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openLedger } from '../../../src/app.ts'
import { schema } from '../../../src/config/schema.ts'
import { waitUntil } from '../../support/wait.ts'

let server: Server
const sockets = new Set<Socket>()
let connections = 0

/** Takes connections, and says nothing. */
beforeEach(async () => {
  server = createServer((socket) => {
    connections++
    sockets.add(socket)
    socket
      .resume()
      .on('error', () => {})
      .once('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})
afterEach(async () => {
  for (const socket of sockets) socket.destroy()
  await new Promise((resolve) => server.close(resolve))
})

test('leaves no connection to the others behind, or the command would not end', async () => {
  const { port } = server.address() as { port: number } // it listens
  const moreClusters = [{ name: 'eu', brokers: ['127.0.0.1:1'] }]
  const settings = schema.parse({
    mode: 'cluster',
    logLevel: 'fatal',
    kafka: { brokers: [`127.0.0.1:${port}`], requestTimeoutMs: 600_000, moreClusters },
  })
  const opening = openLedger(settings)
  await expect(opening).rejects.toMatchObject({ code: 'neighbour_away' })
  expect(connections).toBeGreaterThan(0)
  await waitUntil('the connection to the other cluster to be closed', () => sockets.size === 0)
})
