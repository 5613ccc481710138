/** Several clusters as one desk: what one of them cannot say or do keeps nobody from the others. */
import { describe, expect, test } from 'vitest'
import { TracefoldError } from '../../../src/errors.ts'
import type { OffsetsDesk, SkipAnswer, SkipQuery } from '../../../src/offsets/desk.ts'
import { namedDesks, uniteDesks } from '../../../src/offsets/united-desk.ts'

const answer = (topic: string): SkipAnswer => ({ branch: 'detail', topic, partition: 0, from: 1, to: 2, isAsked: true })
const QUERY: SkipQuery = { branches: ['detail'], to: { kind: 'end' } }
const desk = (skip: OffsetsDesk['skip']): OffsetsDesk => ({
  show: async () => ({ offsets: [], skipped: [] }),
  skip,
  reset: async () => [],
  close: async () => {},
})
const skipping = (topic: string): OffsetsDesk => desk(async () => ({ skips: [answer(topic)] }))
const failing = (error: Error): OffsetsDesk =>
  desk(async () => {
    throw error
  })
const united = (...desks: OffsetsDesk[]): OffsetsDesk =>
  uniteDesks(namedDesks(desks.map((one, i) => ({ name: ['first', 'eu', 'us'][i] ?? '', desk: one }))))
const AWAY = new TracefoldError('not_available', 'away')
const WRONG = new TracefoldError('bad_request', 'no such partition')

describe('a desk over several clusters', () => {
  test('names nothing where there is one, which may be called by its name', async () => {
    expect(await united(skipping('a')).skip({ ...QUERY, cluster: 'first', to: { kind: 'offset', offset: 1 } })).toEqual({
      skips: [answer('a')],
      away: [],
    })
    await expect(united(failing(WRONG)).skip(QUERY)).rejects.toBe(WRONG)
  })

  test.each([
    [AWAY, ['first']],
    [WRONG, []],
  ] as const)('asks the others where one says: %s', async (error, away) => {
    expect(await united(failing(error), skipping('a'), skipping('b')).skip(QUERY)).toEqual({
      skips: [
        { ...answer('a'), clusterName: 'eu' },
        { ...answer('b'), clusterName: 'us' },
      ],
      away,
    })
  })

  test('shows whose row each is, and who is away', async () => {
    const place = { branch: 'detail', cluster: 'id', topic: 'logs', partition: 0, incarnation: 0 } as const
    const report = {
      offsets: [{ ...place, state: 'committed', committed: 1, openBlock: null, end: 1, lagRecords: 0, lagSeconds: 0, skipTo: null }],
      skipped: [{ ...place, id: 'x', from: 0, to: 1, day: '2026-03-01', backfilled: 0 }],
    } as const
    const shown = await united(
      { ...skipping('a'), show: async () => report },
      { ...skipping('b'), show: () => Promise.reject(AWAY) },
    ).show()
    expect(shown).toMatchObject({ offsets: [{ cluster: 'id', clusterName: 'first' }], skipped: [{ clusterName: 'first' }], away: ['eu'] })
  })

  test('skips in one cluster where it is named, and to a plain offset in no other way', async () => {
    const desks = united(skipping('a'), skipping('b'))
    const to = { kind: 'offset', offset: 1 } as const
    await expect(desks.skip({ ...QUERY, to })).rejects.toMatchObject({ code: 'bad_request', message: expect.stringContaining('first, eu') })
    expect(await desks.skip({ ...QUERY, to, cluster: 'eu' })).toEqual({ skips: [{ ...answer('b'), clusterName: 'eu' }], away: [] })
    await expect(desks.skip({ ...QUERY, cluster: 'us' })).rejects.toMatchObject({
      code: 'bad_request',
      message: expect.stringContaining('there are: first, eu'),
    })
  })

  test('says what is wrong with the question rather than that one is away, where none answers', async () => {
    await expect(united(failing(AWAY), failing(WRONG)).skip(QUERY)).rejects.toBe(WRONG)
    await expect(united(failing(AWAY), failing(AWAY)).skip(QUERY)).rejects.toBe(AWAY)
  })

  test('hides no fault of the program', async () => {
    await expect(united(failing(new Error('a fault')), skipping('a')).skip(QUERY)).rejects.toThrow('a fault')
  })

  test('a reset is of one cluster, which must be named where there are several', async () => {
    const resetting = (topic: string): OffsetsDesk => ({
      ...skipping(topic),
      reset: async () => [{ branch: 'detail', topic, partition: 0, from: null, to: 7, lost: null }],
    })
    await expect(united(resetting('a'), resetting('b')).reset({ branches: ['detail'], to: 'recorded' })).rejects.toMatchObject({
      code: 'bad_request',
      message: expect.stringContaining('first, eu') as string,
    })
    expect(await united(resetting('a'), resetting('b')).reset({ branches: ['detail'], to: 'recorded', cluster: 'eu' })).toMatchObject([
      { clusterName: 'eu', topic: 'b', to: 7 },
    ])
    expect(await united(resetting('a')).reset({ branches: ['detail'], to: 'recorded' })).toMatchObject([{ topic: 'a' }])
  })
})
