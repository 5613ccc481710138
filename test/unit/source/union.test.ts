/** One assignment, one end, and each call to the source that it concerns. */
import { Readable } from 'node:stream'
import { expect, it } from 'vitest'
import { createHttpSource } from '../../../src/source/http.ts'
import { createStdinSource } from '../../../src/source/stdin.ts'
import { unionSource } from '../../../src/source/union.ts'
import { Listener } from '../../contract/source.ts'
import { waitUntil } from '../../support/wait.ts'

const OPTIONS = { maxRecordBytes: 1_000 }
const pipe = (text: string): ReturnType<typeof createStdinSource> => createStdinSource(Readable.from([Buffer.from(text)]), OPTIONS)

it('there is one assignment for all, and what comes later is added', async () => {
  const http = createHttpSource(OPTIONS)
  const source = unionSource([pipe('{"n":1}\n'), http, pipe('{"n":2}\n')])
  const listener = new Listener(source)
  listener.onEach = ({ partition, next }) => source.committed(partition, next)
  await source.start(listener)
  expect([listener.assignments, listener.partitions.size]).toEqual([1, 2])
  expect(await http.ingest(Buffer.from('{"n":3}'), null)).toEqual({ records: 1, duplicate: false })
  await waitUntil('all', () => listener.records.length === 3)
  expect(listener.assignments).toBe(1)
  expect(listener.texts.toSorted()).toEqual(['{"n":1}', '{"n":2}', '{"n":3}'])
  await source.stop()
})

it('the end is when all that end have ended, and never where none does', async () => {
  const source = unionSource([pipe('{"n":1}\n'), createHttpSource(OPTIONS), pipe('{"n":2}\n')])
  const listener = new Listener(source, null)
  await source.start(listener)
  const [first, second] = [...listener.partitions.values()]
  if (first === undefined || second === undefined) throw new Error('two partitions were expected')
  source.seek(first, 0)
  source.resume(first)
  await waitUntil('the first', () => listener.records.length === 1)
  expect(source.ended()).toBe(false)
  source.seek(second, 0)
  source.resume(second)
  await waitUntil('the end', () => source.ended() === true)
  await source.stop()
  expect(unionSource([createHttpSource(OPTIONS)]).ended()).toBeNull()
})

it('where one does not start, none runs', async () => {
  const http = createHttpSource(OPTIONS)
  const broken = { ...pipe(''), start: () => Promise.reject(new Error('no')), stop: async () => undefined }
  const source = unionSource([
    http,
    { ...broken, seek() {}, pause() {}, resume() {}, committed() {}, ended: () => null, bounds: async () => ({ begin: 0, end: 0 }) },
  ])
  await expect(source.start(new Listener(source))).rejects.toThrow('no')
  await expect(http.ingest(Buffer.from('{}'), null)).rejects.toMatchObject({ code: 'not_available' })
})
