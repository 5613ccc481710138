/** The bound on what a block may open: by job, by block, counted exactly, and alike in a replay. */
import { describe, expect, test } from 'vitest'
import { BlockLimiter } from '../../../src/stream/overflow.ts'
import { MINUTE, T0 } from '../../support/builders.ts'
import { aGrouped } from './items.ts'

const wide = { maxGroupsPerJob: 100, maxGroupsPerBlock: 100 }

/** `job fp window`, the window in minutes. */
function placed(limiter: BlockLimiter, events: readonly [job: string, fp: string, minute?: number][]): string[] {
  return events.map(([job, fp, minute = 0]) => {
    const { event, isOverflow } = limiter.place(aGrouped({ job, fp, timeMs: T0 + minute * MINUTE }))
    const [keyJob, keyFp, keyWindow] = event.key.split('\0')
    expect([keyJob, keyFp, Number(keyWindow)]).toEqual([event.job, event.grouping.fp, event.window])
    return `${event.job} ${event.grouping.fp}${event.window === T0 ? '' : ` +${(event.window - T0) / MINUTE}`}${isOverflow ? ' !' : ''}`
  })
}

describe('a block', () => {
  test('keeps groups apart within the limits', () => {
    expect(
      placed(new BlockLimiter(wide), [
        ['a', 'x'],
        ['a', 'y'],
        ['b', 'x'],
        ['a', 'x', 1],
      ]),
    ).toEqual(['a x', 'a y', 'b x', 'a x +1'])
  })

  test("counts a job's groups past the limit in its overflow group; those it has stay open, and other jobs and minutes are unharmed", () => {
    const limiter = new BlockLimiter({ ...wide, maxGroupsPerJob: 2 })
    expect(
      placed(limiter, [
        ['a', 'x'],
        ['a', 'y'],
        ['a', 'z'],
        ['a', 'x'],
        ['b', 'z'],
        ['a', 'z', 1],
      ]),
    ).toEqual(['a x', 'a y', 'a v1:overflow !', 'a x', 'b z', 'a z +1'])
  })

  test("past the limit of all jobs counts new groups in their job's overflow group, and past twice that in the job `overflow`", () => {
    const limiter = new BlockLimiter({ ...wide, maxGroupsPerBlock: 2 })
    const jobs = ['a', 'b', 'c', 'd', 'e', 'c'].map((job): [string, string] => [job, 'x'])
    expect(placed(limiter, jobs)).toEqual(['a x', 'b x', 'c v1:overflow !', 'd v1:overflow !', 'overflow v1:overflow !', 'c v1:overflow !'])
  })

  test('begins anew with the next block', () => {
    const limiter = new BlockLimiter({ ...wide, maxGroupsPerJob: 1 })
    placed(limiter, [['a', 'x']])
    limiter.clear()
    expect(
      placed(limiter, [
        ['a', 'y'],
        ['a', 'x'],
      ]),
    ).toEqual(['a y', 'a v1:overflow !'])
  })

  test('is decided alike in every replay', () => {
    const limits = { maxGroupsPerJob: 3, maxGroupsPerBlock: 5 }
    const events = Array.from({ length: 200 }, (_, i): [string, string, number] => [`job-${(i * 7) % 4}`, `fp-${(i * 13) % 11}`, i % 2])
    const limiter = new BlockLimiter(limits)
    const first = placed(limiter, events)
    limiter.clear()
    expect(placed(limiter, events)).toEqual(first)
    expect(placed(new BlockLimiter(limits), events)).toEqual(first)
  })

  test('an overflow group has no category and says why it is one', () => {
    const limiter = new BlockLimiter({ ...wide, maxGroupsPerJob: 1 })
    placed(limiter, [['a', 'x']])
    const { event } = limiter.place(aGrouped({ job: 'a', fp: 'y' }))
    expect(event).toMatchObject({ classification: null, grouping: { why: expect.stringContaining('maxGroupsPerJob') } })
  })
})
