import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Heartbeat } from '../../../../src/alert/deliver/heartbeat.ts'
import { HttpClient } from '../../../../src/alert/deliver/http.ts'
import { scrubber } from '../../../../src/alert/deliver/scrub.ts'
import { waitUntil } from '../../../support/wait.ts'
import { startReceiver, text, type HttpReceiver } from './http-receiver.ts'

const TOKEN = 'XyZ0123456789tokenTOKEN'
let server: HttpReceiver
let stop: AbortController
let ended: Promise<void>
const warnings: string[] = []

beforeEach(async () => {
  server = await startReceiver(text('OK'))
  stop = new AbortController()
  warnings.length = 0
})

afterEach(async () => {
  stop.abort()
  await ended
  await server.close()
})

function beat(isHealthy: () => boolean): void {
  const url = `${server.url}/ping/${TOKEN}`
  const http = new HttpClient({ timeoutMs: 1_000, tls: null, scrub: scrubber([url]), now: Date.now })
  ended = new Heartbeat({ name: 'dead', url, method: 'GET', everyMs: 10, http, warn: (message) => void warnings.push(message) }).run(
    isHealthy,
    stop.signal,
  )
}

describe('a heartbeat', () => {
  it('is called again and again while all is well', async () => {
    beat(() => true)
    await waitUntil('three calls', () => server.received.length >= 3)
    expect(server.received[0]).toMatchObject({ method: 'GET', body: '' })
    expect(server.received[0]?.url.pathname).toBe(`/ping/${TOKEN}`)
  })

  it('falls silent when it is not, and calls again when it is', async () => {
    let asked = 0
    let healthy = false
    beat(() => {
      asked++
      return healthy
    })
    await waitUntil('it was asked', () => asked >= 5)
    expect(server.received).toHaveLength(0)
    healthy = true
    await waitUntil('a call', () => server.received.length >= 1)
  })

  it('warns once for each row of failures, without the address, and goes on', async () => {
    server.answer(text('gone', 404), text('gone', 404), text('OK'), text('gone', 404), text('OK'))
    beat(() => true)
    await waitUntil('all five', () => server.received.length >= 5)
    expect(warnings).toEqual([
      'heartbeat dead did not get through: HTTP 404, "gone"',
      'heartbeat dead did not get through: HTTP 404, "gone"',
    ])
  })
})
