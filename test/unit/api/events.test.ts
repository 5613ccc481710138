/** POST /api/v1/events: what is taken, what is turned away, and that a 200 means durable. */
import { describe, expect, it } from 'vitest'
import type { EventIngest } from '../../../src/api/deps.ts'
import { eventsAnswer, problemAnswer } from '../../../src/api/schemas.ts'
import { TracefoldError } from '../../../src/errors.ts'
import { apiWith } from './fakes.ts'

const URL = '/api/v1/events'
const NDJSON = { 'content-type': 'application/x-ndjson' }

function fakeIngest(answer: () => Promise<{ records: number; duplicate: boolean }> = async () => ({ records: 2, duplicate: false })) {
  const taken: { body: Buffer; key: string | null }[] = []
  const ingest: EventIngest = { ingest: (body, key) => (taken.push({ body, key }), answer()) }
  return { taken, ingest }
}

it.each(['application/x-ndjson', 'application/json', 'text/plain', 'text/plain; charset=utf-8'])(
  'takes the bytes as they are: %s',
  async (type) => {
    const { taken, ingest } = fakeIngest()
    const app = await apiWith({ ingest })
    const payload = Buffer.from([0x7b, 0xff, 0x00, 0x0a, 0x7d])
    const response = await app.inject({ method: 'POST', url: URL, headers: { 'content-type': type }, payload })
    expect(eventsAnswer.parse(response.json())).toEqual({ records: 2, duplicate: false })
    expect(response.statusCode).toBe(200)
    expect(taken).toEqual([{ body: payload, key: null }])
  },
)

it('passes the idempotency key on, and says when a body was a repeat', async () => {
  const { taken, ingest } = fakeIngest(async () => ({ records: 2, duplicate: true }))
  const app = await apiWith({ ingest })
  const response = await app.inject({ method: 'POST', url: URL, headers: { ...NDJSON, 'Idempotency-Key': 'batch-7' }, payload: '{}\n{}\n' })
  expect(response.json()).toEqual({ records: 2, duplicate: true })
  expect(taken[0]?.key).toBe('batch-7')
})

it('answers only when the events are durable', async () => {
  const order: string[] = []
  const { ingest } = fakeIngest(async () => {
    await new Promise(setImmediate)
    order.push('durable')
    return { records: 1, duplicate: false }
  })
  const app = await apiWith({ ingest })
  await app.inject({ method: 'POST', url: URL, headers: NDJSON, payload: '{}' })
  order.push('answered')
  expect(order).toEqual(['durable', 'answered'])
})

describe('turns away, without taking anything', () => {
  it.each([
    ['a body that is too large', 413, 'too_large', NDJSON, 'x'.repeat(1_025)],
    ['a type that is not known', 415, 'unsupported_media_type', { 'content-type': 'application/x-www-form-urlencoded' }, '{}'],
    ['a compressed body', 415, 'unsupported_media_type', { ...NDJSON, 'content-encoding': 'gzip' }, '{}'],
    ['a page of another site', 403, 'forbidden', { ...NDJSON, 'sec-fetch-site': 'cross-site' }, '{}'],
    ['an empty idempotency key', 400, 'bad_request', { ...NDJSON, 'idempotency-key': '' }, '{}'],
    ['an endless idempotency key', 400, 'bad_request', { ...NDJSON, 'idempotency-key': 'k'.repeat(256) }, '{}'],
    ['no body', 400, 'bad_request', NDJSON, ''],
  ] as const)('%s: %i', async (_what, status, code, headers, payload) => {
    const { taken, ingest } = fakeIngest()
    const app = await apiWith({ ingest })
    const response = await app.inject({ method: 'POST', url: URL, headers, payload })
    expect(problemAnswer.parse(response.json())).toMatchObject({ status, code })
    expect(response.statusCode).toBe(status)
    expect(taken).toEqual([])
  })

  it('the type that curl sends by itself, and says which types it takes', async () => {
    const app = await apiWith({ ingest: fakeIngest().ingest })
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    expect((await app.inject({ method: 'POST', url: URL, headers, payload: '{}' })).json().detail).toBe(
      'Expected Content-Type application/x-ndjson, application/json or text/plain, got application/x-www-form-urlencoded.',
    )
  })

  it('an unknown query parameter', async () => {
    const { taken, ingest } = fakeIngest()
    const app = await apiWith({ ingest })
    const response = await app.inject({ method: 'POST', url: `${URL}?job=x`, headers: NDJSON, payload: '{}' })
    expect(problemAnswer.parse(response.json())).toMatchObject({ status: 400, detail: expect.stringContaining('"job"') })
    expect(taken).toEqual([])
  })
})

it('our own page may send', async () => {
  const { ingest } = fakeIngest()
  const app = await apiWith({ ingest })
  const response = await app.inject({ method: 'POST', url: URL, headers: { ...NDJSON, 'sec-fetch-site': 'same-origin' }, payload: '{}' })
  expect(response.statusCode).toBe(200)
})

it('being too busy is a 503 with the time to wait', async () => {
  const { ingest } = fakeIngest(() => Promise.reject(new TracefoldError('not_available', 'Too many events are waiting.')))
  const app = await apiWith({ ingest })
  const response = await app.inject({ method: 'POST', url: URL, headers: NDJSON, payload: '{}' })
  expect(problemAnswer.parse(response.json())).toMatchObject({ status: 503, detail: 'Too many events are waiting.' })
  expect(Number(response.headers['retry-after'])).toBeGreaterThan(0)
})

it('in cluster mode says where events go instead', async () => {
  const app = await apiWith({ ingest: null })
  const response = await app.inject({ method: 'POST', url: URL, headers: NDJSON, payload: '{}' })
  expect(problemAnswer.parse(response.json())).toMatchObject({ status: 409, code: 'not_here', detail: expect.stringContaining('Kafka') })
})
