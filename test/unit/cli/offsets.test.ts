/** `tracefold offsets` and `tracefold backfill` on a terminal, and the positions of an embedded store. */
import { Command } from 'commander'
import { rmSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { registerBackfill } from '../../../src/cli/backfill.ts'
import { registerOffsets, renderOffsets } from '../../../src/cli/offsets.ts'
import { runCli } from '../../../src/cli/program.ts'
import type { OffsetsReport } from '../../../src/offsets/desk.ts'
import type { OffsetsTools } from '../../../src/cluster/offsets-tools.ts'
import { newFolder, openIn } from '../../contract/embedded-adapter.ts'
import { aDetailPart, aProgress, aPartition, aRollupPart, aRow } from '../../support/builders.ts'
import { capturedIo, NOW } from './captured-io.ts'

const PLACE = { branch: 'detail', cluster: 'main', topic: 'logs', partition: 3, incarnation: 0 } as const
const REPORT: OffsetsReport = {
  offsets: [
    { ...PLACE, state: 'committed', committed: 50, openBlock: 0, end: 350, lagRecords: 300, lagSeconds: 7_300, skipTo: 350 },
    {
      ...PLACE,
      branch: 'rollup',
      state: 'lost',
      committed: 40,
      openBlock: null,
      end: 350,
      lagRecords: 310,
      lagSeconds: null,
      skipTo: null,
    },
  ],
  skipped: [{ ...PLACE, id: 'detail:logs/3@10', from: 10, to: 40, day: '2026-03-01', backfilled: 7 }],
}

/** `away`: there are several clusters, of which `eu` answers. */
async function run(words: readonly string[], away: readonly string[] = []): Promise<{ out: string; err: string; asked: unknown[] }> {
  const io = capturedIo()
  const asked: unknown[] = []
  const inEu = away.length === 0 ? {} : { clusterName: 'eu' }
  const tools: OffsetsTools = {
    show: async () => ({
      offsets: REPORT.offsets.map((row) => ({ ...row, ...inEu })),
      skipped: REPORT.skipped.map((row) => ({ ...row, ...inEu })),
      away,
    }),
    skip: async (query) => (
      asked.push(query),
      {
        skips: [
          { branch: 'detail', topic: 'logs', partition: 3, from: 50, to: 350, isAsked: true, ...inEu },
          { branch: 'detail', topic: 'logs', partition: 4, from: 9, to: 9, isAsked: false, ...inEu },
        ],
        away,
      }
    ),
    reset: async (query) => (
      asked.push(query),
      [{ ...inEu, branch: 'rollup', topic: 'logs', partition: 3, from: null, to: 350, lost: { from: 40, to: 350, reason: 'skipped' } }]
    ),
    backfill: async (what, onProgress) => {
      asked.push(what)
      onProgress({ branch: 'detail', contributor: 'main/logs/0/3', from: 10, to: 40, day: '2026-03-01', next: 25, block: 10, rules: '' })
      return [{ ...inEu, branch: 'detail', topic: 'logs', partition: 3, from: 10, to: 40, gone: 5 }]
    },
    away,
    close: async () => void asked.push('close'),
  }
  const program = new Command('tracefold').exitOverride().configureOutput({ writeErr: () => {} })
  registerOffsets(program, io, {
    reader: async (_settings, _now, cluster) => (cluster === undefined ? tools : (asked.push(cluster), tools)),
    tools: async () => tools,
  })
  registerBackfill(program, io, async () => tools)
  await program.parseAsync(words, { from: 'user' })
  return { out: io.out(), err: io.err(), asked }
}

test('show: a line for each position, totals, and what was skipped', async () => {
  const { out, asked } = await run(['offsets', 'show'])
  expect(out).toMatch(/detail\s+logs\s+3\s+50\s+350\s+300\s+2 h\s+0\s+skip to 350 asked for/)
  expect(out).toMatch(/rollup\s+logs\s+3\s+40\s+350\s+310\s+-\s+-\s+no offset to go on at; the store holds data up to 40/)
  expect(out).toContain('detail: 300 records behind in 1 partitions, 2 h at most')
  expect(out).toMatch(/detail:logs\/3@10\s+2026-03-01\s+10\s+40\s+7 of 30/)
  expect(asked).toEqual(['close'])
  expect(JSON.parse((await run(['offsets', 'show', '--json'])).out)).toMatchObject({
    totals: [{ branch: 'detail', lag_records: 300 }, { branch: 'rollup' }],
  })
  expect(renderOffsets({ offsets: [], skipped: [] }, null)).toBe('Nothing has been read yet.\n')
})

test('where there are several clusters, each line says which it is about, and who is away is said', async () => {
  const { out, asked } = await run(['offsets', 'show', '--cluster', 'eu'], ['us'])
  expect(asked).toEqual(['eu', 'close'])
  expect(out).toMatch(/BRANCH\s+CLUSTER\s+TOPIC/)
  expect(out).toMatch(/detail\s+eu\s+logs\s+3/)
  expect(out).toMatch(/detail:logs\/3@10\s+eu\s+2026-03-01/)
  expect(out).toContain('Left out, for they are away: us\n')
  expect((await run(['offsets', 'show'])).out).not.toContain('CLUSTER')
  const skip = (await run(['offsets', 'skip', '--branch', 'both'], ['us'])).out
  expect(skip).toContain('detail eu logs/3: from 50 to 350')
  expect(skip).toContain('Left out, for they are away: us\n')
  expect((await run(['offsets', 'reset', '--branch', 'rollup', '--to', 'latest'], ['us'])).out).toContain(
    'rollup eu logs/3: nothing -> 350',
  )
  const backfilled = (await run(['backfill', '--all-skipped'], ['us'])).out
  expect(backfilled).toContain('detail eu logs/3: offsets 10 to 40')
  expect(backfilled).toContain('Left out, for they are away: us\n')
  const rows = {
    show: ['offsets', 'show'],
    skip: ['offsets', 'skip', '--branch', 'both'],
    reset: ['offsets', 'reset', '--branch', 'both', '--to', 'latest'],
    backfill: ['backfill', '--all-skipped'],
  }
  for (const words of Object.values(rows)) expect((await run([...words, '--json'], ['us'])).out).toContain('"cluster_name": "eu"')
})

test('skip: to the end where nothing else is said, and what becomes of it', async () => {
  const { out, asked } = await run(['offsets', 'skip', '--branch', 'both'])
  expect(asked[0]).toEqual({ branches: ['detail', 'rollup'], to: { kind: 'end' } })
  expect(out).toContain('detail logs/3: from 50 to 350, 300 records')
  expect(out).toContain('detail logs/4: is at 9 already')
  expect((await run(['offsets', 'skip', '--branch', 'detail', '--topic', 'logs', '--partition', '3', '--to', '-15m'])).asked[0]).toEqual({
    branches: ['detail'],
    topic: 'logs',
    partition: 3,
    to: { kind: 'time', timeMs: NOW - 900_000 },
  })
  await expect(run(['offsets', 'skip'])).rejects.toThrow('--branch')
})

test('reset: says what is lost', async () => {
  const { out, asked } = await run(['offsets', 'reset', '--branch', 'rollup', '--to', 'latest'])
  expect(asked[0]).toEqual({ branches: ['rollup'], to: 'latest' })
  expect(out).toBe('rollup logs/3: nothing -> 350; offsets 40 to 350 are skipped\n')
  await expect(run(['offsets', 'reset', '--branch', 'rollup', '--to', 'yesterday'])).rejects.toThrow('Expected recorded')
  await expect(run(['offsets', 'reset', '--branch', 'rollup'])).rejects.toThrow('--to')
})

describe('backfill', () => {
  test('tells how far it is, and what the log did not have any more', async () => {
    const { out, err, asked } = await run(['backfill', '--skipped', 'detail:logs/3@10'])
    expect(asked[0]).toEqual({ kind: 'skipped', id: 'detail:logs/3@10' })
    expect(err).toBe('detail main/logs/0/3: 25 of 40\n')
    expect(out).toContain('offsets 10 to 40 are counted, but for the first 5')
  })

  test('takes all, or a range of a partition', async () => {
    expect((await run(['backfill', '--all-skipped', '--branch', 'rollup'])).asked[0]).toEqual({ kind: 'all', branches: ['rollup'] })
    expect((await run(['backfill', '--topic', 'logs', '--partition', '3', '--from', '10', '--to', '20'])).asked[0]).toEqual({
      kind: 'range',
      branches: ['detail', 'rollup'],
      topic: 'logs',
      partition: 3,
      from: 10,
      to: 20,
    })
  })

  test.each([[[]], [['--all-skipped', '--skipped', 'x']], [['--topic', 'logs', '--from', '10', '--to', '20']]])(
    'wants one of them, whole: %j',
    async (words) => {
      await expect(run(['backfill', ...words])).rejects.toMatchObject({ code: 'usage' })
    },
  )
})

describe('embedded', () => {
  let path: string
  beforeEach(() => {
    path = newFolder()
  })
  afterEach(() => rmSync(path, { recursive: true, force: true }))

  const cli = async (...words: string[]): Promise<{ code: number; out: string; err: string }> => {
    const io = capturedIo({ env: { TRACEFOLD_EMBEDDED_PATH: path } })
    const code = await runCli(words, io)
    return { code, out: io.out(), err: io.err() }
  }

  test('positions of files are shown, without those of HTTP requests; nothing is moved', async () => {
    const store = openIn(path)
    const file = aPartition({ cluster: 'file', topic: 'app.log-1' })
    const detail = aDetailPart([], {
      progress: [
        aProgress({ partition: file, from: 10, next: 70 }),
        aProgress({ partition: aPartition({ cluster: 'http', topic: 'request' }), next: 5 }),
      ],
    })
    await store.commit(
      { detail, rollup: [aRollupPart([aRow()], { progress: aProgress({ partition: file, from: 10, next: 60 }) })] },
      new AbortController().signal,
    )
    await store.noteName(file, '/var/log/my.log', new AbortController().signal)
    await store.close()
    const { out } = await cli('offsets', 'show')
    expect(out).toMatch(/detail\s+my\.log \(app\.log-1\)\s+0\s+70\s+-/)
    expect(out).toMatch(/rollup\s+my\.log \(app\.log-1\)\s+0\s+60\s+-/)
    expect(out).not.toContain('request')
    for (const words of [
      ['offsets', 'skip', '--branch', 'both'],
      ['offsets', 'reset', '--branch', 'both', '--to', 'latest'],
      ['backfill', '--all-skipped'],
    ]) {
      expect(await cli(...words)).toMatchObject({ code: 64, err: expect.stringContaining('can only be looked at') })
    }
  })
})
