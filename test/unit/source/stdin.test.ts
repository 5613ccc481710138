/** What is special about a pipe: it can be quiet, and it can be read only once. */
import { PassThrough } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { createStdinSource } from '../../../src/source/stdin.ts'
import type { Source } from '../../../src/source/source.ts'
import { Listener } from '../../contract/source.ts'
import { waitUntil } from '../../support/wait.ts'

const wait = async (_ms: number, signal: AbortSignal): Promise<void> => {
  await turn()
  signal.throwIfAborted()
}

async function piped(): Promise<{ pipe: PassThrough; source: Source; listener: Listener }> {
  const pipe = new PassThrough()
  const source = createStdinSource(pipe, { maxRecordBytes: 1_000, wait })
  const listener = new Listener(source)
  await source.start(listener)
  return { pipe, source, listener }
}

it('the last record does not wait for the next line while the pipe is quiet', async () => {
  const { pipe, source, listener } = await piped()
  pipe.write('ERROR c.J - boom\n\tat c.J.a(J.java:1)\n')
  await waitUntil('the record', () => listener.records.length === 1)
  pipe.end('{"n":2}')
  await waitUntil('the end', () => source.ended() === true)
  expect(listener.records.map(({ offset }) => offset)).toEqual([0, 2])
  await source.stop()
})

it('an empty pipe ends', async () => {
  const { pipe, source, listener } = await piped()
  pipe.end()
  await waitUntil('the removal', () => listener.removed.length === 1)
  expect(source.ended()).toBe(true)
})

it('a seek after reading began fails with position_lost', async () => {
  const { pipe, source, listener } = await piped()
  pipe.write('{"n":1}\n{"n":2}\n')
  await waitUntil('the records', () => listener.records.length === 2)
  for (const p of listener.partitions.values()) source.seek(p, 0)
  await waitUntil('the failure', () => listener.failures.length === 1)
  expect(listener.failures[0]).toMatchObject({ code: 'position_lost' })
  await source.stop()
})

it('a stop does not wait for the pipe to end', async () => {
  const { pipe, source, listener } = await piped()
  await source.stop()
  expect(pipe.destroyed).toBe(true)
  expect(listener.failures).toEqual([])
})

it('every run is another partition', async () => {
  const runs = [await piped(), await piped()]
  expect(new Set(runs.flatMap(({ listener }) => [...listener.partitions.keys()])).size).toBe(2)
  for (const { source } of runs) await source.stop()
})
