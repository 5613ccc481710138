/**
 * `tracefold run`: the stream, the API and the page, until the end is reached (`--exit-at-end`) or a signal comes. The first SIGINT or SIGTERM stops
 * gracefully: what was read is committed. The second ends the process at once; that loses nothing either, it is read again.
 */
import { randomUUID } from 'node:crypto'
import { Option, type Command } from 'commander'
import type { App } from '../app.ts'
import type { Settings } from '../config/schema.ts'
import { isTracefoldError, TracefoldError } from '../errors.ts'
import { exitCodeOf } from './exit-code.ts'
import { packageFolder } from '../package-root.ts'
import { createFileSource, type FileSource } from '../source/file.ts'
import { createSampleSource } from '../source/sample.ts'
import type { Source } from '../source/source.ts'
import { createStdinSource } from '../source/stdin.ts'
import { BRANCHES } from '../store/position.ts'
import { settingsFor, type Io } from './io.ts'
import { displayProgress } from './progress.ts'

/** Past every deadline of a stop. */
const HUNG_PATIENCE_MS = 60_000

interface RunWords {
  readonly branch?: Settings['branch']
  readonly setup?: true
  readonly exitAtEnd?: true
  readonly again?: true
  readonly sample?: true
}

export function registerRun(program: Command, io: Io): void {
  program
    .command('run')
    .description('run the branches, the API and the page')
    .argument('[files...]', 'embedded mode: log files to read and follow (patterns with * too); - is standard input')
    .addOption(new Option('--branch <branch>', 'cluster mode: the branch that this process runs').choices(['both', ...BRANCHES]))
    .option('--setup', 'cluster mode: first make what is missing (topics, index template, supervisor)')
    .option('--exit-at-end', 'stop once everything that was there at the start is committed')
    .option('--again', 'embedded mode: count the files again, even if they were read before')
    .option('--sample', 'embedded mode: feed in the bundled sample as if it were happening now')
    .action(async (files: string[], words: RunWords, command: Command) => {
      const settings = settingsFor(command, io, words.branch === undefined ? {} : { branch: words.branch })
      await run(settings, files, words, io)
    })
}

async function run(settings: Settings, files: readonly string[], words: RunWords, io: Io): Promise<void> {
  const { startApp } = await import('../app.ts') // loaded when needed: other commands start without it
  const exitAtEnd = words.exitAtEnd === true
  const inputs = inputsOf(settings, files, words, io)
  const app = await startApp({ settings, exitAtEnd, setup: words.setup === true, inputs, env: io.env })
  const progress =
    inputs.files === null ? null : displayProgress({ progress: inputs.files.progress, output: process.stderr, now: io.nowMs })
  if (!exitAtEnd) io.stdout.write(welcome(app.url, settings, words.sample === true))
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
  if (exitAtEnd) process.exitCode = concluded(io, app, signal, inputs.files?.progress().problems ?? [])
}

/** What was done, in a line, and the exit code: a run that was to end by itself and did not, or could not read everything, has failed. */
function concluded(io: Io, app: App, signal: Signal | null, problems: readonly string[]): number {
  const { counted, filtered, dead, firstMs, lastMs } = app.tally()
  const range = firstMs === null || lastMs === null ? '' : `, from ${new Date(firstMs).toISOString()} to ${new Date(lastMs).toISOString()}`
  io.stderr.write(
    `${signal === null ? 'done' : `stopped by ${signal}, the rest is read next time`}: ${counted} events counted${range}; ${filtered} filtered, ${dead} dead letters\n`,
  )
  if (signal !== null) return SIGNALS[signal]
  return problems.length > 0 ? 1 : 0
}

function inputsOf(
  settings: Settings,
  words: readonly string[],
  options: RunWords,
  io: Io,
): { sources: Source[]; files: { progress: FileSource['progress'] } | null } {
  const paths = [...settings.embedded.files, ...words.filter((word) => word !== '-')]
  const isPiped = words.includes('-')
  if (settings.mode === 'cluster') {
    if (words.length > 0 || options.sample === true)
      throw new TracefoldError(
        'usage',
        'files, - and --sample go with mode embedded; in cluster mode records come from Kafka (`tracefold produce` sends the sample)',
      )
    return { sources: [], files: null }
  }
  const { maxRecordBytes } = settings.limits
  const sources: Source[] = []
  let files: { progress: FileSource['progress'] } | null = null
  if (paths.length > 0) {
    const source = createFileSource({
      paths,
      follow: options.exitAtEnd !== true,
      maxRecordBytes,
      ...(options.again === true ? { again: randomUUID() } : {}),
    })
    sources.push(source)
    files = { progress: () => source.progress() }
  }
  if (isPiped) sources.push(createStdinSource(io.stdin, { maxRecordBytes }))
  if (options.sample === true)
    sources.push(createSampleSource({ from: packageFolder('samples'), now: io.nowMs, live: options.exitAtEnd !== true }))
  if (sources.length === 0 && options.exitAtEnd === true)
    throw new TracefoldError('usage', '--exit-at-end needs something that ends: name files, - for standard input, or --sample')
  return { sources, files }
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

function welcome(url: string, settings: Settings, isSample: boolean): string {
  if (settings.mode === 'cluster') return `Tracefold runs: ${url} (API: ${url}docs)\n`
  const stored = `The data is kept in ${settings.embedded.path}; remove that folder to begin anew.`
  return [
    '',
    `  Tracefold runs: ${url}`,
    isSample ? '  It shows the bundled sample: real Log4j output of made-up jobs, as if it were happening now.' : '',
    '',
    '  Try next, while it runs:',
    `    your own log        curl --data-binary @app.log -H 'content-type: application/x-ndjson' ${url}api/v1/events`,
    `    what can be asked   ${url}docs`,
    '  and after Ctrl-C:',
    '    follow log files    npx tracefold run app.log other-*.log',
    '    a pipe              kubectl logs -f my-job | npx tracefold run -',
    '    on the terminal     npx tracefold top --from -1h',
    '',
    `  ${stored}`,
    '',
  ]
    .filter((line, i, lines) => line !== '' || lines[i - 1] !== '')
    .join('\n')
}
