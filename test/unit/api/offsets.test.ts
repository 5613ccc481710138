/** Positions through the API: shown, and skipped ahead. */
import { describe, expect, it } from 'vitest'
import type { OffsetsDesk, OffsetsReport, SkipQuery } from '../../../src/offsets/desk.ts'
import { apiWith, NOW } from './fakes.ts'

const PLACE = { branch: 'detail', cluster: 'main', topic: 'logs', partition: 3, incarnation: 0 } as const
const REPORT: OffsetsReport = {
  offsets: [{ ...PLACE, state: 'committed', committed: 50, openBlock: 0, end: 350, lagRecords: 300, lagSeconds: 12.5, skipTo: 350 }],
  skipped: [{ ...PLACE, id: 'detail:logs/3@10', from: 10, to: 40, day: '2026-03-01', backfilled: 7 }],
}

function fakeDesk(): { desk: OffsetsDesk; asked: SkipQuery[] } {
  const asked: SkipQuery[] = []
  const skip = async (query: SkipQuery) => {
    asked.push(query)
    return { skips: [{ branch: 'detail' as const, topic: 'logs', partition: 3, from: 50, to: 350, isAsked: true }] }
  }
  return {
    asked,
    desk: {
      show: async () => REPORT,
      skip,
      reset: async ({ branches, to }) =>
        branches.map((branch) => ({
          branch,
          topic: 'logs',
          partition: 3,
          from: null,
          to: typeof to === 'number' ? to : 50,
          lost: { from: 40, to: 50, reason: 'skipped' as const },
        })),
      close: async () => {},
    },
  }
}

const over = (desk: OffsetsDesk) => ({ reader: desk, desk })

describe('GET /api/v1/offsets', () => {
  it('says how far each branch is, the totals, and what was skipped', async () => {
    const app = await apiWith({ offsets: over(fakeDesk().desk) })
    expect((await app.inject('/api/v1/offsets')).json()).toEqual({
      offsets: [
        { ...PLACE, state: 'committed', committed: 50, open_block: 0, end: 350, lag_records: 300, lag_seconds: 12.5, skip_to: 350 },
      ],
      totals: [{ branch: 'detail', partitions: 1, lag_records: 300, lag_seconds: 12.5 }],
      skipped: [{ ...PLACE, id: 'detail:logs/3@10', from: 10, to: 40, day: '2026-03-01', backfilled: 7 }],
      away: [],
    })
  })

  it('names the clusters where there are several, and those that are away', async () => {
    const desk = {
      ...fakeDesk().desk,
      show: async () => ({
        offsets: REPORT.offsets.map((row) => ({ ...row, clusterName: 'eu' })),
        skipped: REPORT.skipped.map((row) => ({ ...row, clusterName: 'first' })),
        away: ['us'],
      }),
    }
    const answer = (await (await apiWith({ offsets: over(desk) })).inject('/api/v1/offsets')).json()
    expect(answer).toMatchObject({
      offsets: [{ cluster: 'main', cluster_name: 'eu' }],
      skipped: [{ cluster: 'main', cluster_name: 'first' }],
      away: ['us'],
    })
  })

  it('is not there where the process has no positions', async () => {
    expect((await (await apiWith()).inject('/api/v1/offsets')).json()).toMatchObject({ status: 409, code: 'not_here' })
  })
})

describe('POST /api/v1/offsets/skip', () => {
  it('asks for what is named', async () => {
    const { desk, asked } = fakeDesk()
    const app = await apiWith({ offsets: over(desk) })
    const post = (query: string) => app.inject({ method: 'POST', url: `/api/v1/offsets/skip?${query}` })
    expect((await post('branch=detail')).json()).toEqual({
      skips: [{ branch: 'detail', topic: 'logs', partition: 3, from: 50, to: 350, asked: true }],
      away: [],
    })
    await post('branch=both&topic=logs&partition=3&to=120')
    await post('branch=rollup&to=-15m')
    await post('branch=rollup&cluster=eu')
    expect(asked).toEqual([
      { branches: ['detail'], to: { kind: 'end' } },
      { branches: ['detail', 'rollup'], topic: 'logs', partition: 3, to: { kind: 'offset', offset: 120 } },
      { branches: ['rollup'], to: { kind: 'time', timeMs: NOW - 900_000 } },
      { branches: ['rollup'], cluster: 'eu', to: { kind: 'end' } },
    ])
  })

  it.each([
    ['no branch', ''],
    ['a branch that is none', 'branch=third'],
    ['a place that is none', 'branch=detail&to=tomorrow-ish'],
    ['a partition that is none', 'branch=detail&partition=-1'],
  ])('refuses %s', async (_, query) => {
    const { desk, asked } = fakeDesk()
    const app = await apiWith({ offsets: over(desk) })
    expect((await app.inject({ method: 'POST', url: `/api/v1/offsets/skip?${query}` })).json()).toMatchObject({ status: 400 })
    expect(asked).toEqual([])
  })

  it('is not for pages of other sites, nor for files', async () => {
    const { desk, asked } = fakeDesk()
    const elsewhere = { method: 'POST', url: '/api/v1/offsets/skip?branch=detail', headers: { 'sec-fetch-site': 'cross-site' } } as const
    expect((await (await apiWith({ offsets: over(desk) })).inject(elsewhere)).json()).toMatchObject({ status: 403 })
    const files = await apiWith({ offsets: { reader: { show: desk.show }, desk: null } })
    expect((await files.inject({ method: 'POST', url: '/api/v1/offsets/skip?branch=detail' })).json()).toMatchObject({
      status: 409,
      detail: expect.stringContaining('only be looked at'),
    })
    expect(asked).toEqual([])
  })
})

describe('POST /api/v1/offsets/reset', () => {
  it('sets the position of a branch that is stopped, and says what is lost', async () => {
    const app = await apiWith({ offsets: over(fakeDesk().desk) })
    const post = (query: string) => app.inject({ method: 'POST', url: `/api/v1/offsets/reset?${query}` })
    expect((await post('branch=detail&to=recorded')).json()).toEqual({
      resets: [{ branch: 'detail', topic: 'logs', partition: 3, from: null, to: 50, lost: { from: 40, to: 50, reason: 'skipped' } }],
    })
    expect((await post('branch=both&to=120')).json()).toMatchObject({
      resets: [
        { branch: 'detail', to: 120 },
        { branch: 'rollup', to: 120 },
      ],
    })
    expect((await post('branch=detail&to=somewhere')).json()).toMatchObject({ status: 400, code: 'bad_request' })
    expect((await post('branch=detail')).json()).toMatchObject({ status: 400 })
    expect(
      (
        await app.inject({
          method: 'POST',
          url: '/api/v1/offsets/reset?branch=detail&to=latest',
          headers: { 'sec-fetch-site': 'cross-site' },
        })
      ).json(),
    ).toMatchObject({ code: 'forbidden' })
  })
})
