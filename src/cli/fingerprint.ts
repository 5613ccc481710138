/**
 * `tracefold fingerprint [file]`: how would these events be grouped, and why? Logs in, one JSON line out for each record, in order, with the
 * number of its first line (for each event, where a record holds several, with its `index`). Nothing is stored; what the filter would drop says so.
 *
 * `tracefold fingerprint --compare old.yaml new.yaml [file]`: what would change with other rules? See compare.ts.
 *
 * Reads and writes as fast as the slower side allows, with flat memory. A record that cannot be decoded gives its reason.
 */
import { pipeline } from 'node:stream/promises'
import type { Command } from 'commander'
import { TracefoldError } from '../errors.ts'
import { inputOf } from './input.ts'
import { settingsFor, type Io } from './io.ts'

interface Options {
  readonly compare?: string
  readonly json?: boolean
}

export function registerFingerprint(program: Command, io: Io): void {
  program
    .command('fingerprint')
    .description('read a log, as `run` does, and print how each event would be grouped')
    .argument('[file]', 'file to read instead of standard input; with --compare, the new rules come before it')
    .argument('[sample]', 'with --compare: file to read instead of standard input')
    .option('--compare <old-rules>', 'print which groups would merge, split and move: --compare old.yaml new.yaml [sample]')
    .option('--json', 'with --compare: print the comparison as JSON')
    .action(async (first: string | undefined, second: string | undefined, options: Options, command: Command) => {
      const job =
        options.compare === undefined
          ? explainAll(first, second, options, command, io)
          : compare(options.compare, first, second, options, command, io)
      await untilClosed(job)
    })
}

async function explainAll(file: string | undefined, second: string | undefined, options: Options, command: Command, io: Io): Promise<void> {
  if (second !== undefined || options.json === true) throw new TracefoldError('usage', 'A second file and --json go with --compare only.')
  const settings = settingsFor(command, io)
  const input = await inputOf(file, io)
  // Loaded when needed: the other commands start without the stages.
  const { createExplainer } = await import('./explain.ts')
  await pipeline(input.bytes, createExplainer(settings, input.key), io.stdout, { end: false })
}

async function compare(
  before: string,
  after: string | undefined,
  sample: string | undefined,
  options: Options,
  command: Command,
  io: Io,
): Promise<void> {
  if (after === undefined) throw new TracefoldError('usage', 'Expected two files of rules: --compare old.yaml new.yaml.')
  const settings = settingsFor(command, io)
  const input = await inputOf(sample, io)
  const { compareRules, renderComparison } = await import('./compare.ts')
  const compared = await compareRules({ before, after }, input, settings)
  const text = options.json === true ? `${JSON.stringify(compared)}\n` : renderComparison(compared, io.columns)
  await pipeline([text], io.stdout, { end: false })
}

/** The reader may have seen enough: `tracefold fingerprint | head`. */
async function untilClosed(job: Promise<void>): Promise<void> {
  try {
    await job
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EPIPE')) throw error
  }
}
