/** What the shell is told, by the conventions of sysexits.h, so that a supervisor knows whether another try makes sense. Pure. */
import { CommanderError } from 'commander'
import { TracefoldError, type ErrorCode } from '../errors.ts'

export const EXIT = { ok: 0, failure: 1, usage: 64, unavailable: 69, config: 78 } as const

const BY_CODE: Partial<Record<ErrorCode, number>> = {
  usage: EXIT.usage,
  bad_request: EXIT.usage,
  config_invalid: EXIT.config,
  neighbour_away: EXIT.unavailable,
  not_available: EXIT.unavailable,
}

export function exitCodeOf(error: unknown): number {
  // Commander ends --help and --version by throwing, too: with exit code 0.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage
  return error instanceof TracefoldError ? (BY_CODE[error.code] ?? EXIT.failure) : EXIT.failure
}
