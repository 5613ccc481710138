/**
 * What the fingerprint knows about exception types. Names are as in keys: fully qualified, `$` as `.`; a rule without a dot
 * is a simple name, whatever its package. A change of a list moves keys: it needs a new FINGERPRINT_VERSION.
 */

/** Wrappers that say nothing of their own. */
const PURE_WRAPPERS = new Set([
  'ExecutionException', 'CompletionException', 'InvocationTargetException', 'UndeclaredThrowableException', 'PrivilegedActionException',
  'ExceptionInInitializerError', 'NestedServletException', 'org.apache.flink.runtime.JobException', 'org.apache.flink.runtime.client.JobExecutionException',
  'org.apache.flink.client.program.ProgramInvocationException', 'org.quartz.JobExecutionException', 'rx.exceptions.CompositeException',
  'io.reactivex.exceptions.CompositeException', 'io.reactivex.rxjava3.exceptions.CompositeException',
])

/** A message of these is data alone; the site says more. */
const MESSAGE_FREE = new Set([
  'NumberFormatException', 'NullPointerException', 'ClassCastException', 'NoSuchElementException', 'ArrayStoreException', 'NegativeArraySizeException',
  'DateTimeParseException', 'java.text.ParseException', 'InputMismatchException', 'ConcurrentModificationException', 'ClassNotFoundException',
  'NoSuchMethodException', 'NoSuchFieldException',
])

/** Trouble of the surroundings: one outage is one group, not one for each place that noticed. */
const BY_TYPE = new Set([
  'OutOfMemoryError', 'NoRouteToHostException', 'UnknownHostException', 'PoolExhaustedException', 'CancellationException', 'JobCancellationException',
  'CancelTaskException', 'SQLTransientConnectionException', 'CannotGetJdbcConnectionException',
])

const SERIALIZED = 'SerializedThrowable'
const SQL_TYPE = /SQL|Jdbc|JDBC|BatchUpdate|DataIntegrity|DuplicateKey/

export function simpleName(type: string): string {
  return type.slice(Math.max(type.lastIndexOf('.'), type.lastIndexOf('$')) + 1)
}

export function isPureWrapper(type: string): boolean {
  return isListed(PURE_WRAPPERS, type)
}

export function isMessageFree(type: string): boolean {
  return isListed(MESSAGE_FREE, type) || type.endsWith('IndexOutOfBoundsException')
}

export function isByType(type: string): boolean {
  return isListed(BY_TYPE, type)
}

export function isStackOverflow(type: string): boolean {
  return type === 'java.lang.StackOverflowError'
}

export function isSql(type: string): boolean {
  return SQL_TYPE.test(simpleName(type))
}

/** Flink sends exceptions between processes as one of these; the real type is in the message. */
export function isSerialized(type: string): boolean {
  return simpleName(type) === SERIALIZED
}

function isListed(names: ReadonlySet<string>, type: string): boolean {
  return names.has(type) || names.has(simpleName(type))
}
