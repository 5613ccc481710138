/**
 * Every error that this project throws: one class, a closed list of codes, and whether another try may help.
 * A message says what was expected, what came, and what the operator can do. It never holds a secret.
 */

export type ErrorCode =
  | 'config_invalid' // a setting is wrong: exit code 78
  | 'patterns_failed' // rules do not do what their examples say: exit code 1
  | 'usage' // the command's words are off: exit code 64
  | 'neighbour_away' // Kafka, Elasticsearch or Druid did not answer, or said "busy": retried for ever
  | 'not_set_up' // topics, template or supervisor are missing: `tracefold setup`
  | 'partition_lost' // this process no longer owns the partition; what it held is dropped
  | 'position_lost' // no committed offset although the store holds our data: an operator must choose
  | 'store_refused' // the store answered, and will not take what was sent
  | 'receiver_refused' // a receiver of alerts answered, and will not take what was sent
  | 'store_corrupt' // the embedded file cannot be read as what it should be
  | 'store_locked' // another process writes to the embedded file
  | 'bad_request' // a client of the API sent something that cannot be answered
  | 'not_found' // a client of the API named something that is not there: HTTP 404
  | 'not_available' // the API cannot answer now because a neighbour is away: HTTP 503
  | 'stalled' // a consumer stands still although there is more to read, and making it anew did not help
  | 'aborted' // a stop or a new assignment ended the work

export class TracefoldError extends Error {
  readonly code: ErrorCode
  readonly retriable: boolean

  constructor(code: ErrorCode, message: string, options: { retriable?: boolean; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'TracefoldError'
    this.code = code
    this.retriable = options.retriable ?? (code === 'neighbour_away' || code === 'not_set_up' || code === 'not_available')
  }
}

export function isTracefoldError(error: unknown, code?: ErrorCode): error is TracefoldError {
  return error instanceof TracefoldError && (code === undefined || error.code === code)
}

/** What a neighbour that is away means to who asks: HTTP 503. Other errors stay what they are. */
export function asUnavailable(error: unknown): unknown {
  return isTracefoldError(error, 'neighbour_away') ? new TracefoldError('not_available', error.message, { cause: error }) : error
}

export async function availably<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw asUnavailable(error)
  }
}

/** In one line, also of what is no error. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
