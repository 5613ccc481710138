/** The command line: words in, exit code out. Every error ends here as one message on standard error, with its stack on `--debug` only. */
import { Command, CommanderError } from 'commander'
import { registerAlerts } from './alerts.ts'
import { registerBackfill } from './backfill.ts'
import { registerCheckConfig } from './check-config.ts'
import { registerDlq } from './dlq.ts'
import { EXIT, exitCodeOf } from './exit-code.ts'
import { registerFingerprint } from './fingerprint.ts'
import type { Io } from './io.ts'
import { registerLedger } from './ledger.ts'
import { registerOffsets } from './offsets.ts'
import { registerPatterns } from './patterns.ts'
import { registerProduce } from './produce.ts'
import { registerRun } from './run.ts'
import { registerSettings } from './settings.ts'
import { registerSetup } from './setup.ts'
import { registerTop } from './top.ts'
import { readVersion } from '../version.ts'

export async function runCli(words: readonly string[], io: Io): Promise<number> {
  let code: number = EXIT.ok
  const program = createProgram(io, (ended) => (code = ended))
  try {
    await program.parseAsync(words, { from: 'user' })
    return code
  } catch (error) {
    // Commander has printed its own message already.
    if (!(error instanceof CommanderError)) io.stderr.write(`${messageOf(error, program.opts<{ debug?: boolean }>().debug === true)}\n`)
    return exitCodeOf(error)
  }
}

function createProgram(io: Io, ended: (code: number) => void): Command {
  const program = new Command('tracefold')
    .description('Folds a flood of Java error logs into the few errors behind it.')
    .version(readVersion())
    .option('-c, --config <file>', 'settings file (YAML); else $TRACEFOLD_CONFIG, else ./tracefold.yaml if there is one')
    .option('--debug', 'print the stack of an error')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      writeErr: (text) => void io.stderr.write(text),
      getOutHelpWidth: () => io.columns ?? 80,
    })
    .showHelpAfterError('(see --help)')
  registerRun(program, io, ended)
  registerSetup(program, io)
  registerProduce(program, io)
  registerCheckConfig(program, io)
  registerSettings(program, io)
  registerTop(program, io)
  registerLedger(program, io)
  registerDlq(program, io)
  registerAlerts(program, io)
  registerOffsets(program, io)
  registerBackfill(program, io)
  registerFingerprint(program, io)
  registerPatterns(program, io)
  return program
}

function messageOf(error: unknown, debug: boolean): string {
  if (!(error instanceof Error)) return `tracefold: ${String(error)}`
  return debug ? `tracefold: ${error.stack ?? error.message}${causes(error)}` : `tracefold: ${error.message}`
}

function causes(error: Error): string {
  return error.cause instanceof Error ? `\ncaused by ${error.cause.stack ?? error.cause.message}` : ''
}
