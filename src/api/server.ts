/** Listening: the API on an address. Closing lets requests under way end, then frees the port. */
import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { TracefoldError } from '../errors.ts'

export interface Listening {
  /** Where a browser on this machine finds it. */
  readonly url: string
  readonly port: number
  close(): Promise<void>
}

export async function listen(app: FastifyInstance, at: { host: string; port: number }): Promise<Listening> {
  await app.listen({ ...at }).catch((cause: unknown) => {
    throw new TracefoldError(
      'config_invalid',
      `Cannot listen on ${at.host}:${at.port} (${reasonOf(cause)}). Choose another http.host or http.port, or end what listens there.`,
      { cause },
    )
  })
  const { port } = app.server.address() as AddressInfo // a TCP listener's address is never a string
  return { url: `http://${hostOf(at.host)}:${port}/`, port, close: () => app.close() }
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause)
}

function hostOf(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1'
  return host.includes(':') ? `[${host}]` : host
}
