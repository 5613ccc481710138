/**
 * In: an exception's type and message. Out: the trace of its cause, where the message quotes that in print; else null. Two do, since what failed has failed
 * in another process:
 *
 *   Py4JJavaError      An error occurred while calling o52.showString.
 *                      : java.lang.OutOfMemoryError: Java heap space         the JVM's exception
 *                      	at ...
 *   SparkException     Job aborted due to stage failure: ... most recent failure: Lost task 0.3 in stage 1.0 (TID 3) (host executor 1): a.E: bad row
 *                      	at ...                                              the executor's
 *
 *                      Driver stacktrace:                                    behind it, in a printed trace, the frames of the SparkException itself
 *
 * Pure; never throws.
 */

/** Where the cause's class name stands, it stands in this much of the message. */
const HEAD_CHARS = 8_192
const PY4J = /(?:^|\.)Py4JJavaError$/
const SPARK = 'org.apache.spark.SparkException'
const STAGE_FAILURE = 'Job aborted due to stage failure'
const DRIVER = '\nDriver stacktrace:'
const CLASS = String.raw`((?:[a-z_]\w{0,100}\.){1,20}[A-Z][\w$]{0,150})(?=:|\s*(?:\n|$))`
const IN_PY4J = new RegExp(String.raw`\n: ${CLASS}`)
const IN_SPARK = new RegExp(String.raw`:\s{1,2}${CLASS}`)

export interface QuotedTrace {
  /** What stands before it. */
  readonly message: string
  readonly trace: string
}

export function isPy4J(type: string): boolean {
  return PY4J.test(type)
}

/** Where such a message ends that begins at `at` in a printed trace: what looks like frames within it is not the exception's own. */
export function quotingMessageEnd(type: string, text: string, at: number): number | null {
  if (type !== SPARK || !text.startsWith(STAGE_FAILURE, at)) return null
  const end = text.indexOf(DRIVER, at)
  return end < 0 ? null : end + DRIVER.length
}

export function quotedTrace(type: string, message: string | null): QuotedTrace | null {
  if (message === null) return null
  if (isPy4J(type)) return quotedBy(IN_PY4J, message, message.length)
  if (type !== SPARK || !message.startsWith(STAGE_FAILURE)) return null
  const end = message.indexOf(DRIVER)
  return quotedBy(IN_SPARK, message, end < 0 ? message.length : end)
}

function quotedBy(expression: RegExp, message: string, end: number): QuotedTrace | null {
  const match = expression.exec(message.slice(0, Math.min(end, HEAD_CHARS)))
  if (match === null) return null
  const start = match.index + match[0].length - match[1]!.length
  return { message: message.slice(0, match.index), trace: message.slice(start, end) }
}
