/**
 * Ports of the loopback address: is one free, and where are some free ones.
 */
import { createServer } from 'node:net'

export const LOOPBACK = '127.0.0.1'

/** Below the ports that the kernel gives to outgoing connections, away from the default instance's (28081 to 29300), and above 10080, which fetch refuses. */
const FIRST = 10_100
const LAST = 19_900

/** Given out by this process, or seen taken: a server needs seconds to open its ports, and until then they look free. */
const taken = new Set<number>()

export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen({ host: LOOPBACK, port, exclusive: true }, () => probe.close(() => resolve(true)))
  })
}

/** A base such that base + offset is free for each offset. Random, so that two processes that ask at once get different ones. */
export async function freeBase(offsets: readonly number[]): Promise<number> {
  for (;;) {
    const base = FIRST + Math.floor(Math.random() * (LAST - FIRST))
    const ports = offsets.map((offset) => base + offset)
    if (ports.some((port) => taken.has(port))) continue
    for (const port of ports) taken.add(port)
    if ((await Promise.all(ports.map(isFree))).every(Boolean)) return base
  }
}

/** Refuses a port that somebody else holds: a server would fail on it with a message that hides the cause, or a test talk to a stranger. */
export async function assertFree(server: string, ports: Readonly<Record<string, number>>): Promise<void> {
  for (const [use, port] of Object.entries(ports)) {
    if (!(await isFree(port))) throw new Error(`${server} cannot start: port ${port} (${use}) on ${LOOPBACK} is taken by another process`)
  }
}
