/**
 * Our own log: one JSON line each on standard error, so that standard output stays for data. ERROR: data lost, or somebody must act;
 * WARN: recovered; INFO: lifecycle; nothing for single records. Secrets print themselves as [secret]; of an error only what
 * is listed below is shown, for clients hang whole requests with their headers on theirs.
 */
import { pino, type DestinationStream, type Logger } from 'pino'

export type { Logger } from 'pino'

/** Causes shown below an error; a cycle ends here too. */
const MAX_CAUSES = 5

export function createLogger(options: { level: string; destination?: DestinationStream }): Logger {
  const { level, destination = pino.destination(2) } = options
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: (error: unknown) => errorFields(error, MAX_CAUSES) },
    },
    destination,
  )
}

/** For a part whose lines at INFO tell nothing new here: they are left out, unless somebody looks for more (debug). */
export function withoutInfo(log: Logger): Logger {
  return log.level === 'info' ? log.child({}, { level: 'warn' }) : log
}

function errorFields(error: unknown, depth: number): unknown {
  if (!(error instanceof Error)) return error
  return {
    type: error.name,
    message: error.message,
    ...('code' in error ? { code: error.code } : {}),
    stack: error.stack,
    ...(error.cause === undefined || depth === 0 ? {} : { cause: errorFields(error.cause, depth - 1) }),
  }
}
