/** Elasticsearch's documents before and after Elasticsearch is set up. */
import { expect, test } from 'vitest'
import { onceSetUp } from '../../../src/cluster/once-set-up.ts'
import { aPartition } from '../../support/builders.ts'

function aGate() {
  let open = (): void => {}
  let fail: (error: Error) => void = () => {}
  const setUp = new Promise<void>((resolve, reject) => {
    open = resolve
    fail = reject
  })
  const calls: string[] = []
  const stopping = new AbortController()
  const documents = onceSetUp(
    {
      merge: async () => (calls.push('merge'), []),
      writeLedger: async () => void calls.push('ledger'),
      evidence: async () => (calls.push('evidence'), null),
    },
    setUp,
    stopping.signal,
  )
  return { documents, stop: () => stopping.abort(), calls, open: () => open(), fail: (error: Error) => fail(error) }
}

test('a write waits until all is set up, and goes on then', async () => {
  const { documents, calls, open } = aGate()
  const { signal } = new AbortController()
  const writes = [documents.merge([], signal), documents.writeLedger([], signal)]
  await Promise.resolve()
  expect(calls).toEqual([])
  open()
  await Promise.all(writes)
  expect(calls).toEqual(['merge', 'ledger'])
})

test('a write that waits ends with its assignment', async () => {
  const { documents, calls } = aGate()
  const assignment = new AbortController()
  const write = documents.merge([], assignment.signal)
  assignment.abort()
  await expect(write).rejects.toMatchObject({ code: 'aborted' })
  await expect(documents.merge([], assignment.signal)).rejects.toMatchObject({ code: 'aborted' })
  expect(calls).toEqual([])
})

test('a write that waits ends with a stop', async () => {
  const { documents, stop, calls } = aGate()
  const write = documents.merge([], new AbortController().signal)
  stop()
  await expect(write).rejects.toMatchObject({ code: 'aborted' })
  expect(calls).toEqual([])
})

test('a write that waits ends with the start', async () => {
  const { documents, fail } = aGate()
  const write = documents.merge([], new AbortController().signal)
  fail(new Error('stopped'))
  await expect(write).rejects.toThrow('stopped')
})

test('what the ledger knows of a position is asked again later', async () => {
  const { documents, open } = aGate()
  await expect(documents.evidence(aPartition())).rejects.toMatchObject({ code: 'neighbour_away', retriable: true })
  open()
  await Promise.resolve()
  expect(await documents.evidence(aPartition())).toBeNull()
})
