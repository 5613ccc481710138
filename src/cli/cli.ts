#!/usr/bin/env node
/** The executable `tracefold`. The exit code is set and not forced, so that what was written gets out. */
import { processIo } from './io.ts'
import { runCli } from './program.ts'

/** A command that has failed has let go of all that it had opened. What a library still holds keeps no supervisor from starting it again. */
const END_PATIENCE_MS = 15_000

// A reader that has seen enough (`tracefold ... | head`) is no error; what is written after that goes nowhere.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
})

process.exitCode = await runCli(process.argv.slice(2), processIo())
if (process.exitCode !== 0) setTimeout(() => process.exit(), END_PATIENCE_MS).unref()
