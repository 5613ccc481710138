/**
 * What the fingerprint knows about exception types. Names are as in keys: fully qualified, `$` as `.`; a rule without a dot
 * is a simple name, whatever its package. A change of a list moves keys: it is a new version: see algorithms.ts.
 */
import { HOLE } from './hole.ts'

/** Wrappers that say nothing of their own. */
const PURE_WRAPPERS = new Set([
  'ExecutionException',
  'CompletionException',
  'InvocationTargetException',
  'UndeclaredThrowableException',
  'PrivilegedActionException',
  'ExceptionInInitializerError',
  'NestedServletException',
  'UncheckedExecutionException',
  'ExecutionError',
  'ExceptionInChainedOperatorException',
  'ReactiveException',
  'UserCodeException',
  'org.apache.flink.runtime.JobException',
  'org.apache.flink.runtime.client.JobExecutionException',
  'org.apache.flink.client.program.ProgramInvocationException',
  'org.quartz.JobExecutionException',
  'rx.exceptions.CompositeException',
  'io.reactivex.exceptions.CompositeException',
  'io.reactivex.rxjava3.exceptions.CompositeException',
])

/** A message of these is data alone; the site says more. */
const MESSAGE_FREE = new Set([
  'NumberFormatException',
  'ClassCastException',
  'NoSuchElementException',
  'ArrayStoreException',
  'NegativeArraySizeException',
  'DateTimeParseException',
  'java.text.ParseException',
  'InputMismatchException',
  'ConcurrentModificationException',
  'ClassNotFoundException',
  'NoSuchMethodException',
  'NoSuchFieldException',
  'UnsupportedCharsetException',
  'IllegalCharsetNameException',
  'UnsupportedEncodingException',
  'scala.MatchError',
])
/** Since Java 14, where the code has no words of its own: `Cannot invoke "a.B.c()" because "<local4>" is null`. */
const HELPFUL_NULL = /^Cannot (?:invoke|read|assign|load|store|throw|enter) /

/** Trouble of the surroundings: one outage is one group, not one for each place that noticed. */
const BY_TYPE = new Set([
  'OutOfMemoryError',
  'NoRouteToHostException',
  'UnknownHostException',
  'PoolExhaustedException',
  'CancellationException',
  'JobCancellationException',
  'CancelTaskException',
  'SQLTransientConnectionException',
  'CannotGetJdbcConnectionException',
  'GetConnectionTimeoutException',
  'JedisExhaustedPoolException',
  'ConnectionPoolTimeoutException',
  'PoolAcquireTimeoutException',
  'PoolAcquirePendingLimitException',
  'MongoTimeoutException',
  'MongoWaitQueueFullException',
])

/** Of the JDK, whose constructors take no cause: where the printing was cut behind one of these, it is the root all the same. */
const CAUSELESS = new Set([
  'java.lang.NullPointerException',
  'java.lang.ClassCastException',
  'java.lang.ArithmeticException',
  'java.lang.IndexOutOfBoundsException',
  'java.lang.ArrayIndexOutOfBoundsException',
  'java.lang.StringIndexOutOfBoundsException',
  'java.lang.NumberFormatException',
  'java.lang.NegativeArraySizeException',
  'java.lang.ArrayStoreException',
  'java.lang.StackOverflowError',
  'java.lang.OutOfMemoryError',
  'java.lang.InterruptedException',
  'java.io.EOFException',
  'java.io.FileNotFoundException',
  'java.net.BindException',
  'java.net.ConnectException',
  'java.net.NoRouteToHostException',
  'java.net.SocketTimeoutException',
  'java.net.UnknownHostException',
])

const FILE_NOT_FOUND = 'java.io.FileNotFoundException'
/** `a b (1).csv (No such file or directory)`, in any language. */
const BEFORE_REASON = /^.+(?= \([\p{L}][\p{L}\s,.'’-]*\)$)/u
/** Whose message is a file, maybe another one, and maybe a reason: `a -> b: Permission denied`. */
const FILE_SYSTEM =
  /^java\.nio\.file\.(?:FileSystem|NoSuchFile|FileAlreadyExists|DirectoryNotEmpty|NotDirectory|NotLink|AccessDenied|AtomicMoveNotSupported)Exception$/

const SERIALIZED = 'SerializedThrowable'
const SQL_TYPE = /SQL|Jdbc|JDBC|BatchUpdate|DataIntegrity|DuplicateKey/

export function simpleName(type: string): string {
  return type.slice(Math.max(type.lastIndexOf('.'), type.lastIndexOf('$')) + 1)
}

export function isPureWrapper(type: string): boolean {
  return isListed(PURE_WRAPPERS, type)
}

export function isMessageFree(type: string, message: string): boolean {
  if (simpleName(type) === 'NullPointerException') return HELPFUL_NULL.test(message)
  return isListed(MESSAGE_FREE, type) || type.endsWith('IndexOutOfBoundsException')
}

/**
 * The words of a message that are not the name of a host or of a file. A resolver's reason is there the first time, and missing while the JVM remembers
 * that the name is unknown: `db.local: Name or service not known`. The name of a file may hold blanks and brackets, and ends where the system's reason begins.
 */
export function ownWords(type: string, message: string): string {
  if (simpleName(type) === 'UnknownHostException') return beforeReason(message)
  if (type === FILE_NOT_FOUND) return message.replace(BEFORE_REASON, HOLE)
  if (!FILE_SYSTEM.test(type)) return message
  const reason = message.lastIndexOf(': ')
  return reason < 0 ? HOLE : HOLE + message.slice(reason)
}

/** A name has no blanks; other words are a library's. */
function beforeReason(message: string): string {
  const words = message.split(': ', 1)[0]!
  return /\s/.test(words) ? words : HOLE
}

export function isCauseless(type: string): boolean {
  return CAUSELESS.has(type)
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
