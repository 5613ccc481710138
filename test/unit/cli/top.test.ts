import { Command } from 'commander'
import { describe, expect, it } from 'vitest'
import { topAnswer } from '../../../src/api/schemas.ts'
import { displayWidth, renderTable } from '../../../src/cli/table.ts'
import { registerTop, renderTop } from '../../../src/cli/top.ts'
import type { JobRow, RollupReader, TopQuery, TopResult, TopRow } from '../../../src/store/rollup-store.ts'
import { topRow } from '../api/fakes.ts'
import { capturedIo, NOW } from './captured-io.ts'

const HOUR = 3_600_000
const QUERY: TopQuery = { job: 'orders', by: 'fingerprint', limit: 10, fromMs: NOW - HOUR, toMs: NOW }

const row = (fields: Partial<TopRow>): TopRow =>
  topRow({ culprit: 'Orders.load:41', count: 75, previousCount: 50, firstMs: NOW - HOUR, lastMs: NOW - 1_500, ...fields })

/** A reader that holds one answer, and what it was asked. */
function readerOf(result: TopResult): { reader: RollupReader; asked: TopQuery[]; closed: () => boolean } {
  const asked: TopQuery[] = []
  let closed = false
  const reader: RollupReader = {
    top: async (query) => {
      asked.push(query)
      return result
    },
    jobs: async () => [],
    trend: async () => [],
    close: async () => {
      closed = true
    },
  }
  return { reader, asked, closed: () => closed }
}

async function runTop(words: string[], result: TopResult, jobs: readonly string[] = []) {
  const io = capturedIo()
  const held = readerOf(result)
  const program = new Command().exitOverride()
  const jobRow = (job: string): JobRow => ({ job, count: 1, previousCount: 0, errorTypes: 1, hosts: 1, firstMs: NOW, lastMs: NOW })
  registerTop(program, io, async () => ({ ...held.reader, jobs: async () => jobs.map(jobRow) }))
  await program.parseAsync(['top', ...words], { from: 'user' })
  return { ...held, out: io.out(), err: io.err() }
}

describe('renderTop', () => {
  it('shows count, share, change, hosts, times, category with severity, title and culprit in aligned columns', () => {
    const rows = [
      row({}),
      row({
        count: 5,
        previousCount: 0,
        isNew: true,
        hosts: 12,
        category: null,
        severity: null,
        title: 'OutOfMemoryError: Java heap space',
        culprit: null,
      }),
    ]
    expect(renderTop(QUERY, { rows, total: 100 }, null)).toBe(
      [
        '100 errors of orders from 2026-03-10T11:00:00.000Z to 2026-03-10T12:00:00.000Z',
        '',
        'COUNT  SHARE  CHANGE  HOSTS  FIRST SEEN         LAST SEEN          CATEGORY                   TITLE                                      CULPRIT',
        '   75  75.0%    +50%      3  2026-03-10T11:00Z  2026-03-10T11:59Z  connection-refused (high)  ConnectException: Connection refused: <*>  Orders.load:41',
        '    5   5.0%     new     12  2026-03-10T11:00Z  2026-03-10T11:59Z  -                          OutOfMemoryError: Java heap space          -',
        '',
      ].join('\n'),
    )
  })

  it('shows the key under its own heading where it does not count by fingerprint', () => {
    const text = renderTop({ ...QUERY, by: 'root_cause_class' }, { rows: [row({ key: 'java.net.ConnectException' })], total: 75 }, null)
    expect(text).toContain('ROOT CAUSE CLASS')
    expect(text).toContain('  java.net.ConnectException  ')
  })

  it('does not call new what had events before it was taken apart from another error', () => {
    const text = renderTop(QUERY, { rows: [row({ previousCount: 0, isNew: false, previousKeys: ['v1:old'] })], total: 75 }, null)
    expect(text).not.toContain('new')
  })

  it.each(['category', 'severity'] as const)('suggests no single place for a %s', (by) => {
    expect(renderTop({ ...QUERY, by }, { rows: [row({ key: 'network' })], total: 100 }, null)).not.toMatch(/CULPRIT|Orders\.load/)
  })

  it('says so where there is nothing', () => {
    expect(renderTop({ ...QUERY, job: null }, { rows: [], total: 0 }, 80)).toBe(
      'No errors of all jobs from 2026-03-10T11:00:00.000Z to 2026-03-10T12:00:00.000Z. Older ones are found with --from, such as --from -30d.\n',
    )
  })

  it.each([76, 80, 120, 149, 150, 200])('fits a terminal of %i characters', (width) => {
    const rows = [row({ title: 'Trouble '.repeat(30), culprit: 'com.acme.'.repeat(30) }), row({ title: '数据库连接失败'.repeat(20) })]
    const lines = renderTop({ ...QUERY, job: null }, { rows, total: 150 }, width)
      .split('\n')
      .slice(2)
    expect(Math.max(...lines.map(displayWidth))).toBeLessThanOrEqual(width)
    expect(lines.join('\n')).toContain('…')
  })

  it('puts the words under the numbers on a narrow terminal', () => {
    const lines = renderTop({ ...QUERY, job: null }, { rows: [row({ jobs: 4 })], total: 75 }, 80)
      .split('\n')
      .slice(2)
    expect(lines).toEqual([
      'COUNT   SHARE  CHANGE  HOSTS  JOBS  FIRST SEEN         LAST SEEN',
      '   75  100.0%    +50%      3     4  2026-03-10T11:00Z  2026-03-10T11:59Z',
      '      connection-refused (high)',
      '      ConnectException: Connection refused: <*>',
      '      Orders.load:41',
      '',
    ])
  })

  it('lets no control character of a log through to the terminal', () => {
    const text = renderTop(QUERY, { rows: [row({ title: 'a\u001b[2Jb\nc\u202ed\u0007' })], total: 1 }, null)
    expect(text).toContain('a [2Jb c d')
    // oxlint-disable-next-line no-control-regex -- they are what must not be there
    expect(text.replaceAll('\n', '')).not.toMatch(/[\u0000-\u001f\u202e]/)
  })
})

describe('renderTable', () => {
  it('cuts the widest flexible column first and never below what can be read', () => {
    const columns = [
      { heading: 'A', align: 'left', flexible: true },
      { heading: 'B', align: 'left', flexible: true },
    ] as const
    const lines = renderTable(columns, [['x'.repeat(50), 'short']], 30).split('\n')
    expect(lines[1]).toBe(`${'x'.repeat(22)}…  short`)
    expect(renderTable(columns, [['x'.repeat(50), 'short']], 1).split('\n')[1]).toBe(`${'x'.repeat(11)}…  short`)
  })
})

describe('tracefold top', () => {
  it('asks for the last day of all jobs, ten by fingerprint, unless told otherwise', async () => {
    const { asked, closed } = await runTop([], { rows: [], total: 0 })
    expect(asked).toEqual([{ job: null, by: 'fingerprint', limit: 10, only: {}, fromMs: NOW - 24 * HOUR, toMs: NOW }])
    expect(closed()).toBe(true)
  })

  it('takes job, range, limit and dimension from its words', async () => {
    const { asked } = await runTop(
      ['orders', '--from', '2026-03-01', '--to', '-1h', '--limit', '3', '--by', 'category', '--severity', 'high', '--category', '(none)'],
      { rows: [], total: 0 },
    )
    expect(asked).toEqual([
      {
        job: 'orders',
        by: 'category',
        limit: 3,
        only: { severity: 'high', category: '(none)' },
        fromMs: Date.parse('2026-03-01'),
        toMs: NOW - HOUR,
      },
    ])
  })

  it.each([
    ['a misspelt job', 'oders', 'No job oders has had errors; perhaps orders. Known are: orders, billing\n'],
    ['a job that is like none', 'warehouse', 'No job warehouse has had errors. Known are: orders, billing\n'],
    ['a job without errors in the range', 'billing', ''],
  ])('names the jobs there are for %s', async (_name, job, expected) => {
    expect((await runTop([job], { rows: [], total: 0 }, ['orders', 'billing'])).err).toBe(expected)
  })

  it('prints with --json what the API answers', async () => {
    const { out } = await runTop(['orders', '--json'], {
      rows: [row({}), row({ previousCount: 0, rule: null, previousKeys: ['v0:old'] })],
      total: 150,
    })
    const printed: unknown = JSON.parse(out)
    expect(topAnswer.parse(printed)).toEqual(printed)
    expect(printed).toMatchObject({
      job: 'orders',
      total: 150,
      exceptions: [
        { share: 0.5, change: 0.5, last_seen: '2026-03-10T11:59:58.500Z' },
        { change: null, advice: null, previous_fingerprints: ['v0:old'] },
      ],
    })
    expect(printed).toMatchObject({
      exceptions: [
        {
          severity: 'high',
          rule: 'connection-refused',
          rule_title: expect.any(String),
          advice: expect.any(String),
          link: expect.any(String),
        },
        {},
      ],
    })
  })
})
