/**
 * `tracefold run`: the stream, the API and the page, until the end is reached (`--exit-at-end`) or a signal comes. The first SIGINT or SIGTERM stops
 * gracefully: what was read is committed. The second ends the process at once; that loses nothing either, it is read again.
 */
import { randomUUID } from 'node:crypto'
import { Option, type Command } from 'commander'
import type { App } from '../app.ts'
import type { Settings } from '../config/schema.ts'
import { isTracefoldError, TracefoldError } from '../errors.ts'
import { EXIT, exitCodeOf } from './exit-code.ts'
import { packageFolder } from '../package-root.ts'
import { createFileSource, type FileProgress, type FileSource } from '../source/file.ts'
import { createSampleSource } from '../source/sample.ts'
import type { Source } from '../source/source.ts'
import { createStdinSource } from '../source/stdin.ts'
import { BRANCHES } from '../store/position.ts'
import { settingsFor, type Io } from './io.ts'
import { displayProgress, type ProgressDisplay } from './progress.ts'
import { nothingNewLines, tallyWords, welcome } from './run-words.ts'
import { Screen } from './screen.ts'

/** Past every deadline of a stop. */
const HUNG_PATIENCE_MS = 60_000

interface RunOptions {
  readonly branch?: Settings['branch']
  readonly setup?: true
  readonly exitAtEnd?: true
  readonly again?: true
  readonly sample?: true
}

/** `ended` is told the exit code where it is not to be 0 though nothing was thrown. */
export function registerRun(program: Command, io: Io, ended: (code: number) => void): void {
  program
    .command('run')
    .description('run the branches, the API and the page')
    .argument('[files...]', 'embedded mode: log files to read and follow (patterns with * and ** too); - is standard input')
    .addOption(new Option('--branch <branch>', 'cluster mode: the branch that this process runs').choices(['both', ...BRANCHES]))
    .option('--setup', 'cluster mode: first make what is missing (topics, index template, supervisor)')
    .option('--exit-at-end', 'stop once everything that was there at the start is committed')
    .option('--again', 'embedded mode: count the files again, even if they were read before')
    .option('--sample', 'embedded mode: feed in the bundled sample as if it were happening now')
    .action(async (files: string[], options: RunOptions, command: Command) => {
      const settings = settingsFor(command, io, options.branch === undefined ? {} : { branch: options.branch })
      ended(await run(settings, files, options, io))
    })
}

async function run(settings: Settings, files: readonly string[], options: RunOptions, io: Io): Promise<number> {
  const { startApp } = await import('../app.ts') // loaded when needed: other commands start without it
  const exitAtEnd = options.exitAtEnd === true
  const screen = new Screen(io.stderr)
  const inputs = inputsOf(settings, files, options, io)
  const app = await startApp({
    settings,
    exitAtEnd,
    setup: options.setup === true,
    inputs,
    env: io.env,
    ...(screen.isTerminal ? { logTo: screen } : {}),
  })
  if (!exitAtEnd) io.stdout.write(welcome({ url: app.url, settings, ...inputs, isSample: options.sample === true }))
  const progress = inputs.files === null ? null : watch(inputs.files, screen, io, exitAtEnd)
  if (!exitAtEnd) void inputs.pipeEnded?.then(() => screen.write(`input ended: ${tallyWords(app.tally())}\n`))
  let signal: Signal | null = null
  try {
    signal = await Promise.race([app.done.then(() => null), signalled(app)])
    progress?.stop()
  } catch (error) {
    if (isTracefoldError(error, 'stalled')) setTimeout(() => process.exit(exitCodeOf(error)), HUNG_PATIENCE_MS).unref() // what hangs may keep the process from ending
    throw error
  } finally {
    await app.stop()
  }
  io.stderr.write(concluded(app, signal, exitAtEnd, inputs.files?.progress() ?? null))
  return exitAtEnd ? exitCode(signal, inputs.files?.progress().problems ?? []) : 0
}

/** Files that are followed may have had nothing new from the start: that is said once, as soon as it is known. */
function watch(files: Pick<FileSource, 'progress'>, screen: Screen, io: Io, exitAtEnd: boolean): ProgressDisplay {
  let isSaid = exitAtEnd // then it is said at the end
  const onLook = (progress: FileProgress): void => {
    if (isSaid || progress.bytesRead < progress.bytesTotal) return
    isSaid = true
    const lines = nothingNewLines({ ...progress, empty: [] })
    if (lines !== '') screen.write(lines)
  }
  return displayProgress({ progress: files.progress, screen, now: io.nowMs, onLook })
}

/** What was done, in a line, and why there is nothing where there is nothing. */
function concluded(app: App, signal: Signal | null, exitAtEnd: boolean, files: FileProgress | null): string {
  const how = signal === null ? 'done' : `stopped by ${signal}${exitAtEnd ? ', the rest is read next time' : ''}`
  const reasons = files === null || (signal !== null && !exitAtEnd) ? '' : nothingNewLines(files)
  return `${reasons}${how}: ${tallyWords(app.tally())}\n`
}

/** A run that was to end by itself and did not, or could not read everything, has failed. */
function exitCode(signal: Signal | null, problems: readonly string[]): number {
  if (signal !== null) return SIGNALS[signal]
  return problems.length > 0 ? EXIT.failure : EXIT.ok
}

interface Inputs {
  readonly sources: Source[]
  readonly files: Pick<FileSource, 'progress'> | null
  /** Resolves when all that came through the pipe is committed; null where there is none. */
  readonly pipeEnded: Promise<void> | null
  readonly hasFiles: boolean
  readonly isPiped: boolean
}

function inputsOf(settings: Settings, files: readonly string[], options: RunOptions, io: Io): Inputs {
  const paths = [...settings.embedded.files, ...files.filter((file) => file !== '-')]
  const isPiped = files.includes('-')
  if (settings.mode === 'cluster') {
    if (files.length > 0 || options.sample === true)
      throw new TracefoldError(
        'usage',
        'files, - and --sample go with mode embedded; in cluster mode records come from Kafka (`tracefold produce` sends the sample)',
      )
    return { sources: [], files: null, pipeEnded: null, hasFiles: false, isPiped }
  }
  const { maxRecordBytes } = settings.limits
  const follow = options.exitAtEnd !== true
  const again = options.again === true ? { again: randomUUID() } : {}
  const source = paths.length === 0 ? null : createFileSource({ paths, follow, maxRecordBytes, ...again })
  const sources: Source[] = source === null ? [] : [source]
  const pipeEnded = isPiped
    ? new Promise<void>((onThrough) => sources.push(createStdinSource(io.stdin, { maxRecordBytes, onThrough })))
    : null
  if (options.sample === true) sources.push(createSampleSource({ from: packageFolder('samples'), now: io.nowMs, live: follow }))
  if (sources.length === 0 && !follow)
    throw new TracefoldError('usage', '--exit-at-end needs something that ends: name files, - for standard input, or --sample')
  const progress = source === null ? null : { progress: () => source.progress() }
  return { sources, files: progress, pipeEnded, hasFiles: source !== null, isPiped }
}

/** Resolves at the first signal. A second one ends the process. */
function signalled(app: App): Promise<Signal> {
  const names = Object.keys(SIGNALS) as Signal[] // the keys of SIGNALS
  return new Promise((resolve) => {
    const onSignal = (signal: NodeJS.Signals): void => {
      for (const name of names) {
        process.off(name, onSignal)
        process.once(name, () => process.exit(1))
      }
      resolve(signal as Signal) // only these are listened for
    }
    for (const name of names) process.once(name, onSignal)
    app.done.catch(() => {}) // raced with this promise
  })
}

/** With the exit code that a shell expects of them. */
const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const
type Signal = keyof typeof SIGNALS
