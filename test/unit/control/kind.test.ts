/** Kinds of control entries: checked once in each direction; what is not understood stays in the log and changes nothing. */
import { expect, test } from 'vitest'
import { z } from 'zod'
import type { ControlEntry, ControlLog } from '../../../src/control/control-log.ts'
import { followKind, handlerOf, putKind, type Kind } from '../../../src/control/kind.ts'

const SILENCE: Kind<{ until: number; by?: string | undefined }> = {
  name: 'silence',
  version: 2,
  schema: z.object({ until: z.number(), by: z.string().optional() }),
}

function fakeLog(entries: readonly ControlEntry[] = []): ControlLog & { puts: ControlEntry[]; prefixes: string[] } {
  const puts: ControlEntry[] = []
  const prefixes: string[] = []
  return {
    puts,
    prefixes,
    follow: async (wanted, onEntry) => {
      prefixes.push(...wanted)
      entries.forEach(onEntry)
      return { stop: async () => {} }
    },
    put: async (key, value) => void puts.push({ key, value }),
    close: async () => {},
  }
}

function told(entries: readonly ControlEntry[]): unknown[] {
  const calls: unknown[] = []
  const handle = handlerOf(SILENCE, {
    onChange: (name, value) => void calls.push([name, value]),
    onIgnored: (name, why) => void calls.push([name, 'ignored', why]),
  })
  entries.forEach(handle)
  return calls
}

test('a value comes out as it was put in, under its name', async () => {
  const log = fakeLog()
  await putKind(log, SILENCE, 'a/b', { until: 17 })
  expect(log.puts).toEqual([{ key: 'silence/a/b', value: { v: 2, until: 17 } }])
  expect(told(log.puts)).toEqual([['a/b', { until: 17 }]])
})

test('a deletion is told as such', async () => {
  const log = fakeLog()
  await putKind(log, SILENCE, 'a', null)
  expect(log.puts).toEqual([{ key: 'silence/a', value: null }])
  expect(told(log.puts)).toEqual([['a', null]])
})

test('of another version, or not what the schema asks for: ignored, with the reason; what was understood before stays', () => {
  const calls = told([
    { key: 'silence/a', value: { v: 2, until: 1 } },
    { key: 'silence/a', value: { v: 3, until: 2, forever: true } },
    { key: 'silence/b', value: { v: 2, until: 'soon' } },
  ])
  expect(calls[0]).toEqual(['a', { until: 1 }])
  expect(calls.slice(1)).toMatchObject([
    ['a', 'ignored', expect.stringContaining('version 3')],
    ['b', 'ignored', expect.stringContaining('until')],
  ])
})

test('a field that a newer program has added is no reason to ignore a value of the same version', () => {
  expect(told([{ key: 'silence/a', value: { v: 2, until: 1, color: 'red' } }])).toEqual([['a', { until: 1 }]])
})

test('other kinds are not its business, nor one whose name begins alike', () => {
  expect(
    told([
      { key: 'rule/a', value: { v: 2, until: 1 } },
      { key: 'silences/a', value: { v: 2, until: 1 } },
    ]),
  ).toEqual([])
})

test("following asks for the kind's keys alone", async () => {
  const log = fakeLog()
  await followKind(log, SILENCE, { onChange: () => {}, onIgnored: () => {} })
  expect(log.prefixes).toEqual(['silence/'])
})

test('what the schema does not ask for is not written', async () => {
  const log = fakeLog()
  await expect(putKind(log, SILENCE, 'a', { until: 'soon' } as never)).rejects.toMatchObject({ code: 'bad_request' })
  expect(log.puts).toEqual([])
})
