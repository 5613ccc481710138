/** `tracefold backfill`: counts ranges that were skipped, beside whatever process runs the branches, each once. May be killed and started again at any moment. */
import { Option, type Command } from 'commander'
import { named } from '../api/offset-rows.ts'
import { TracefoldError } from '../errors.ts'
import type { InCluster } from '../offsets/desk.ts'
import type { PieceReport } from '../offsets/backfill.ts'
import type { BackfillWords } from '../cluster/offsets-tools.ts'
import { BRANCHES, type BranchName } from '../store/position.ts'
import { closing, json, settingsFor, type Io } from './io.ts'
import { leftOut, placeWords, type OpenOffsets } from './offsets.ts'
import { branchesOf, clusterOption, wholeNumber } from './options.ts'

interface Options {
  readonly branch: BranchName | 'both'
  readonly skipped?: string
  readonly allSkipped?: true
  readonly topic?: string
  readonly partition?: number
  readonly from?: number
  readonly to?: number
  readonly cluster?: string
  readonly json?: true
}

const openLazily: OpenOffsets['tools'] = async (...args) => (await import('../cluster/offsets-tools.ts')).openOffsetsTools(...args)

export function registerBackfill(program: Command, io: Io, open: OpenOffsets['tools'] = openLazily): void {
  program
    .command('backfill')
    .description('count ranges of offsets that were skipped; refuses what was counted')
    .addOption(new Option('--branch <branch>', 'whose').choices([...BRANCHES, 'both']).default('both'))
    .option('--skipped <id>', 'one range, as `offsets show` lists it')
    .option('--all-skipped', 'all ranges that were skipped')
    .option('--topic <topic>', 'a range of this topic')
    .option('--partition <n>', 'and partition', wholeNumber())
    .option('--from <offset>', 'from this offset', wholeNumber())
    .option('--to <offset>', 'up to this offset, without it', wholeNumber())
    .addOption(clusterOption())
    .option('--json', 'print a JSON object')
    .action(async (options: Options, command: Command) => {
      const wanted = wantedOf(options)
      const tools = await open(settingsFor(command, io), io.nowMs, options.cluster)
      await closing(tools, async () => {
        const pieces = await tools.backfill(
          wanted,
          ({ branch, contributor, next, to }) => void io.stderr.write(`${branch} ${contributor}: ${next} of ${to}\n`),
        )
        io.stdout.write(
          options.json === true
            ? json({ backfilled: pieces.map(named), away: tools.away ?? [] })
            : `${rendered(pieces)}${leftOut(tools.away)}`,
        )
      })
    })
}

function wantedOf({ branch, skipped, allSkipped, topic, partition, from, to }: Options): BackfillWords {
  const isRange = topic !== undefined || partition !== undefined || from !== undefined || to !== undefined
  if ([skipped !== undefined, allSkipped === true, isRange].filter(Boolean).length !== 1)
    throw new TracefoldError('usage', 'say what to backfill: --skipped <id>, --all-skipped, or --topic, --partition, --from and --to')
  if (skipped !== undefined) return { kind: 'skipped', id: skipped }
  if (allSkipped === true) return { kind: 'all', branches: branchesOf(branch) }
  if (topic === undefined || partition === undefined || from === undefined || to === undefined)
    throw new TracefoldError('usage', 'a range takes --topic, --partition, --from and --to')
  return { kind: 'range', branches: branchesOf(branch), topic, partition, from, to }
}

function rendered(pieces: readonly (PieceReport & InCluster)[]): string {
  if (pieces.length === 0) return 'Nothing that was skipped is left to backfill.\n'
  return pieces
    .map(
      ({ from, to, gone, ...place }) =>
        `${placeWords(place)}: offsets ${from} to ${to} are counted${gone === 0 ? '' : `, but for the first ${gone}: the log does not have them any more, they stay skipped`}\n`,
    )
    .join('')
}
