/** Several clusters as one desk: what one of them cannot say or do keeps nobody from the others. */
import { describe, expect, test } from 'vitest'
import { TracefoldError } from '../../../src/errors.ts'
import type { OffsetsDesk, SkipAnswer, SkipQuery } from '../../../src/offsets/desk.ts'
import { uniteDesks } from '../../../src/offsets/united-desk.ts'

const answer = (topic: string): SkipAnswer => ({ branch: 'detail', topic, partition: 0, from: 1, to: 2, isAsked: true })
const QUERY: SkipQuery = { branches: ['detail'], to: { kind: 'end' } }
const desk = (skip: OffsetsDesk['skip']): OffsetsDesk => ({ show: async () => ({ offsets: [], skipped: [] }), skip, close: async () => {} })
const failing = (error: Error): OffsetsDesk =>
  desk(async () => {
    throw error
  })
const AWAY = new TracefoldError('not_available', 'away')
const WRONG = new TracefoldError('bad_request', 'no such partition')

describe('a desk over several clusters', () => {
  test('is the desk itself where there is one', () => {
    const only = failing(WRONG)
    expect(uniteDesks([only])).toBe(only)
  })

  test.each([AWAY, WRONG])('asks the others where one says: $message', async (error) => {
    const united = uniteDesks([failing(error), desk(async () => [answer('a')]), desk(async () => [answer('b')])])
    expect(await united.skip(QUERY)).toEqual([answer('a'), answer('b')])
  })

  test('says what is wrong with the question rather than that one is away, where none answers', async () => {
    await expect(uniteDesks([failing(AWAY), failing(WRONG)]).skip(QUERY)).rejects.toBe(WRONG)
    await expect(uniteDesks([failing(AWAY), failing(AWAY)]).skip(QUERY)).rejects.toBe(AWAY)
  })

  test('hides no fault of the program', async () => {
    await expect(uniteDesks([failing(new Error('a fault')), desk(async () => [answer('a')])]).skip(QUERY)).rejects.toThrow('a fault')
  })
})
