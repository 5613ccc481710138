#!/usr/bin/env node
/** The executable `tracefold`. The exit code is set and not forced, so that what was written gets out. */
import { processIo } from './io.ts'
import { runCli } from './program.ts'

// A reader that has seen enough (`tracefold ... | head`) is no error; what is written after that goes nowhere.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
})

process.exitCode = await runCli(process.argv.slice(2), processIo())
