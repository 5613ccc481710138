/** `tracefold offsets show|skip|reset`: how far each branch is in each partition, and moving it ahead, beside whatever process runs the branches. */
import { InvalidArgumentError, type Command } from 'commander'
import { named, reportOf, skipsOf } from '../api/offset-rows.ts'
import type { Settings } from '../config/schema.ts'
import { parseTime } from '../lib/time-range.ts'
import {
  targetOf,
  totalsByBranch,
  type InCluster,
  type OffsetRow,
  type OffsetsReader,
  type OffsetsReport,
  type SkipReport,
  type SkippedRow,
  resetTargetOf,
  type ResetAnswer,
  type ResetTarget,
} from '../offsets/desk.ts'
import type { OffsetsTools } from '../cluster/offsets-tools.ts'
import type { BranchName } from '../store/position.ts'
import { closing, json, settingsFor, type Io } from './io.ts'
import { NO_NAMES, withName, type Named } from './log-names.ts'
import { branchesOf, branchOption, clusterOption, wholeNumber } from './options.ts'
import { renderTable, type Column } from './table.ts'

interface Options {
  readonly branch: BranchName | 'both'
  readonly topic?: string
  readonly partition?: number
  readonly cluster?: string
  readonly to: string
  readonly json?: true
}

export interface OpenOffsets {
  /** Of one cluster by its name, or of all. */
  readonly reader: (
    settings: Settings,
    now: () => number,
    cluster?: string | null,
  ) => Promise<OffsetsReader & Named & { close(): Promise<void> }>
  /** Likewise. */
  readonly tools: (settings: Settings, now: () => number, cluster?: string | null) => Promise<OffsetsTools>
}

/** Loaded when needed: other commands start without it. */
const LAZILY: OpenOffsets = {
  reader: async (...args) => (await import('../cluster/offsets-tools.ts')).openOffsetsReader(...args),
  tools: async (...args) => (await import('../cluster/offsets-tools.ts')).openOffsetsTools(...args),
}

export function registerOffsets(program: Command, io: Io, open: OpenOffsets = LAZILY): void {
  const offsets = program.command('offsets').description('positions of the branches in the source: look, skip ahead, reset')

  offsets
    .command('show')
    .description('how far each branch is in each partition, its lag in records and time, and what was skipped')
    .addOption(clusterOption())
    .option('--json', 'print a JSON object')
    .action(async (options: Pick<Options, 'cluster' | 'json'>, command: Command) => {
      const reader = await open.reader(settingsFor(command, io), io.nowMs, options.cluster)
      await closing(reader, async () => {
        const report = await reader.show()
        io.stdout.write(
          options.json === true ? json(reportOf(report)) : renderOffsets(report, io.columns, (await reader.logNames?.()) ?? NO_NAMES),
        )
      })
    })

  placed(
    offsets
      .command('skip')
      .description('skip ahead, also while the program runs; the skipped range is recorded, and `backfill` counts it later'),
  )
    .option('--to <place>', 'end, an offset, or a time: ISO 8601, or relative such as -15m', 'end')
    .action(async (options: Options, command: Command) => {
      const tools = await open.tools(settingsFor(command, io), io.nowMs, options.cluster)
      await closing(tools, async () => {
        const report = await tools.skip({
          branches: branchesOf(options.branch),
          to: targetOf(options.to, (text) => parseTime(text, io.nowMs())),
          ...placeOf(options),
        })
        io.stdout.write(options.json === true ? json(skipsOf(report)) : renderSkips(report))
      })
    })

  placed(
    offsets.command('reset').description('set the position of a branch that is stopped: after its offsets expired, or to move it ahead'),
  )
    .requiredOption('--to <place>', 'recorded (what the store says), earliest, latest, or an offset', parseReset)
    .action(async (options: Omit<Options, 'to'> & { to: ResetTarget }, command: Command) => {
      const tools = await open.tools(settingsFor(command, io), io.nowMs, options.cluster)
      await closing(tools, async () => {
        const answers = await tools.reset({ branches: branchesOf(options.branch), to: options.to, ...placeOf(options) })
        io.stdout.write(options.json === true ? json({ resets: answers.map(named) }) : renderResets(answers))
      })
    })
}

function placed(command: Command): Command {
  return command
    .addOption(branchOption())
    .option('--topic <topic>', 'only in this topic')
    .option('--partition <n>', 'only in this partition', wholeNumber())
    .addOption(clusterOption())
    .option('--json', 'print a JSON object')
}

function placeOf({ topic, partition }: Pick<Options, 'topic' | 'partition'>): { topic?: string; partition?: number } {
  return { ...(topic === undefined ? {} : { topic }), ...(partition === undefined ? {} : { partition }) }
}

function parseReset(text: string): ResetTarget {
  const target = resetTargetOf(text)
  if (target === null) throw new InvalidArgumentError('Expected recorded, earliest, latest or an offset.')
  return target
}

/** Only where there are several. */
const CLUSTER: Column = { heading: 'CLUSTER', align: 'left' }

const COLUMNS: readonly Column[] = [
  { heading: 'BRANCH', align: 'left' },
  CLUSTER,
  { heading: 'TOPIC', align: 'left', flexible: true },
  { heading: 'PARTITION', align: 'right' },
  { heading: 'COMMITTED', align: 'right' },
  { heading: 'END', align: 'right' },
  { heading: 'LAG', align: 'right' },
  { heading: 'BEHIND', align: 'right' },
  { heading: 'OPEN BLOCK', align: 'right' },
  { heading: 'NOTE', align: 'left' },
]

const SKIPPED_COLUMNS: readonly Column[] = [
  { heading: 'SKIPPED', align: 'left' },
  CLUSTER,
  { heading: 'DAY', align: 'left' },
  { heading: 'FROM', align: 'right' },
  { heading: 'TO', align: 'right' },
  { heading: 'BACKFILLED', align: 'right' },
]

export function renderOffsets({ offsets, skipped, away }: OffsetsReport, width: number | null, names = NO_NAMES): string {
  if (offsets.length === 0) return `Nothing has been read yet.\n${leftOut(away)}`
  const rows = offsets.map((row) => [
    row.branch,
    row.clusterName,
    withName(row.topic, row.topic, names),
    String(row.partition),
    String(row.committed),
    orDash(row.end),
    orDash(row.lagRecords),
    age(row.lagSeconds),
    orDash(row.openBlock),
    noteOf(row),
  ])
  const totals = totalsByBranch(offsets).map(
    ({ branch, partitions, lagRecords, lagSeconds }) =>
      `${branch}: ${lagRecords} records behind in ${partitions} partitions${lagSeconds === null ? '' : `, ${age(lagSeconds)} at most`}\n`,
  )
  return [renderInClusters(COLUMNS, rows, width), ...totals, leftOut(away), renderSkipped(skipped, width)].join('')
}

function renderSkipped(skipped: readonly SkippedRow[], width: number | null): string {
  if (skipped.length === 0) return ''
  return `\n${renderInClusters(
    SKIPPED_COLUMNS,
    skipped.map(({ id, clusterName, day, from, to, backfilled }) => [
      id,
      clusterName,
      day,
      String(from),
      String(to),
      `${backfilled} of ${to - from}`,
    ]),
    width,
  )}`
}

/** A row without a cluster's name is of an installation with one cluster. */
function renderInClusters(columns: readonly Column[], rows: readonly (readonly (string | undefined)[])[], width: number | null): string {
  const at = columns.indexOf(CLUSTER)
  const isNamed = rows.some((row) => row[at] !== undefined)
  const shown = <T>(cells: readonly T[]): T[] => cells.filter((_, i) => isNamed || i !== at)
  return renderTable(
    shown(columns),
    rows.map((row) => shown(row).map((cell) => cell ?? '-')),
    width,
  )
}

export function leftOut(away: readonly string[] = []): string {
  return away.length === 0 ? '' : `Left out, for they are away: ${away.join(', ')}\n`
}

/** `detail eu logs/3`: the cluster where there are several. */
export function placeWords({
  branch,
  clusterName,
  topic,
  partition,
}: InCluster & { readonly branch: BranchName; readonly topic: string; readonly partition: number }): string {
  return `${branch} ${clusterName === undefined ? '' : `${clusterName} `}${topic}/${partition}`
}

function noteOf({ state, skipTo, committed }: OffsetRow): string {
  const notes = {
    committed: '',
    none: 'nothing committed yet',
    lost: `no offset to go on at; the store holds data up to ${committed}: see offsets reset`,
    by_hand: 'set with other tools',
    unknown: 'no offset committed; Elasticsearch cannot be asked for its data',
  }
  return [notes[state], skipTo === null ? '' : `skip to ${skipTo} asked for`].filter((note) => note !== '').join('; ') || '-'
}

function renderSkips({ skips, away }: SkipReport): string {
  const lines = skips.map(
    ({ from, to, isAsked, ...place }) =>
      `${placeWords(place)}: ${isAsked ? `from ${from} to ${to}, ${to - from} records` : `is at ${to} already, or will be`}\n`,
  )
  const asked = skips.some(({ isAsked }) => isAsked)
  return `${lines.join('')}${leftOut(away)}${asked ? 'A running process skips as soon as what it has in hand is committed; where none runs, the next one does. See `offsets show`.\n' : ''}`
}

function renderResets(answers: readonly ResetAnswer[]): string {
  return answers
    .map(
      ({ from, to, lost, ...place }) =>
        `${placeWords(place)}: ${from ?? 'nothing'} -> ${to}${lost === null ? ', nothing is lost' : `; offsets ${lost.from} to ${lost.to} are ${lost.reason}`}\n`,
    )
    .join('')
}

function age(seconds: number | null): string {
  if (seconds === null) return '-'
  if (seconds < 120) return `${Math.round(seconds)} s`
  return seconds < 7_200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3_600)} h`
}

function orDash(n: number | null): string {
  return n === null ? '-' : String(n)
}
