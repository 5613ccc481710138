import { expect, test } from 'vitest'
import type { Source } from '../../../src/source/source.ts'
import { Assignment } from '../../../src/stream/assignment.ts'
import { RunEnd } from '../../../src/stream/run-end.ts'
import { aPartition } from '../../support/builders.ts'

/** A log that has grown by ten each time that it is asked for. */
function aGrowingLog(): Source {
  let end = 0
  return { ended: () => null, bounds: async () => ({ begin: 0, end: (end += 10) }) } as Partial<Source> as Source // all that is asked of it
}

test('where a log ended when it was first seen is where the run ends, also after a rebalance', async () => {
  const runEnd = new RunEnd(aGrowingLog(), true)
  const { signal } = new AbortController()
  const [first, second] = [new Assignment(), new Assignment()].map((assignment) => assignment.add(aPartition()))
  await runEnd.note(first!, signal)
  await runEnd.note(second!, signal)
  expect([first!.end, second!.end]).toEqual([10, 10])
})

test('a run that goes on has no end', async () => {
  const runEnd = new RunEnd(aGrowingLog(), false)
  const assignment = new Assignment()
  const assigned = assignment.add(aPartition())
  await runEnd.note(assigned, new AbortController().signal)
  expect([assigned.end, runEnd.isReached(assignment)]).toEqual([null, false])
})
