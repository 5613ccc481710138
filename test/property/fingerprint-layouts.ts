/**
 * In: a chain of exceptions. Out: the record that each layout that carries the whole chain makes of it: the same error in other bytes.
 *
 * Layouts print the frames that a cause shares with its enclosing exception, or elide them, each with words of its own, or keep one too many (as Log4j's structure does).
 */

export interface Printed {
  readonly type: string
  readonly message: string
  /** `com.acme.Orders.save(Orders.java:17)`, that only this exception has. */
  readonly frames: readonly string[]
  /** Heads of suppressed exceptions: `java.io.IOException: closed`. */
  readonly suppressed: readonly string[]
}

/** Outermost first; the last is the root. `tail`: frames that all of them share. */
export interface Chain {
  readonly exceptions: readonly Printed[]
  readonly tail: readonly string[]
}

interface Words {
  readonly elided: (count: number) => string
  readonly frame: (frame: string) => string
}

const JVM: Words = { elided: (count) => `... ${count} more`, frame: (frame) => frame }
const LOGBACK: Words = { ...JVM, elided: (count) => `... ${count} common frames omitted` }
const PACKAGED: Words = { ...JVM, frame: (frame) => `${frame} ~[shop-1.4.jar:1.4]` }

export function traceOf({ exceptions, tail }: Chain, { elided, frame }: Words = JVM, isElided = true): string {
  return exceptions
    .map(({ type, message, frames, suppressed }, i) => {
      const shared = i > 0 && isElided && tail.length > 0 ? [`\t${elided(tail.length)}`] : tail.map((one) => `\tat ${frame(one)}`)
      const others = suppressed.flatMap((one) => [`\tSuppressed: ${one}`, '\t\tat com.acme.Close.close(Close.java:1)', ...(tail.length > 0 ? [`\t\t${elided(tail.length)}`] : [])])
      return [`${i === 0 ? '' : 'Caused by: '}${type}: ${message}`, ...frames.map((one) => `\tat ${frame(one)}`), ...shared, ...others].join('\n')
    })
    .join('\n')
}

/** The root first, each wrapper behind it, with hashes as Spring puts them. */
function rootFirst({ exceptions, tail }: Chain): string {
  const [root, ...wrappers] = exceptions.toReversed()
  const lines = (label: string, { type, message, frames }: Printed, rest: readonly string[]): string[] => [`${label}<#0f7881a5> ${type}: ${message}`, ...frames.map((one) => `\tat ${one}`), ...rest]
  const outermost = wrappers.length - 1
  const elided = tail.length > 0 ? [`\t... ${tail.length} more`] : []
  const last = tail.map((one) => `\tat ${one}`)
  return [...lines('', root!, wrappers.length === 0 ? last : elided), ...wrappers.flatMap((one, i) => lines('Wrapped by: ', one, i === outermost ? last : elided))].join('\n')
}

const NAMES = { log4j: { name: 'name', trace: 'extendedStackTrace', class: 'class', method: 'method', file: 'file', line: 'line' }, logback: { name: 'className', trace: 'stepArray', class: 'className', method: 'methodName', file: 'fileName', line: 'lineNumber' } } as const

/** `kept`: shared frames that the layout shows all the same. */
function nested({ exceptions, tail }: Chain, names: (typeof NAMES)[keyof typeof NAMES], kept: number, wrapped: (cause: object) => object = (cause) => ({ cause })): object {
  const frames = (all: readonly string[]) => all.map((frame) => frameOf(frame, names))
  return exceptions.toReversed().reduce<object | null>((cause, { type, message, frames: own, suppressed }, i) => {
    const isOutermost = i === exceptions.length - 1
    return {
      [names.name]: type,
      message,
      [names.trace]: frames([...own, ...(isOutermost ? tail : tail.slice(0, kept))]),
      ...(cause === null ? {} : wrapped(cause)),
      ...(suppressed.length === 0 ? {} : { suppressed: suppressed.map((head) => ({ [names.name]: head.split(': ')[0], message: head.split(': ')[1], [names.trace]: [] })) }),
    }
  }, null)!
}

function frameOf(frame: string, names: (typeof NAMES)[keyof typeof NAMES]): object {
  const [, className, method, file, line] = /^(.*)\.([^.(]+)\(([^:)]*)(?::(\d+))?\)$/.exec(frame)!
  return { [names.class]: className, [names.method]: method, [names.file]: file, [names.line]: line === undefined ? -1 : Number(line) }
}

const TIME = '2026-03-10T12:00:00.000Z'
const LOG = { level: 'ERROR', message: 'order failed' } as const

export const LAYOUTS: Readonly<Record<string, (chain: Chain) => object | string>> = {
  'Log4j EcsLayout': (chain) => ({ '@timestamp': TIME, 'ecs.version': '1.2.0', 'log.level': 'ERROR', 'log.logger': 'a.B', message: LOG.message, ...dotted(chain, traceOf(chain)) }),
  'ecs-logging with an array': (chain) => ({ '@timestamp': TIME, 'ecs.version': '1.2.0', 'log.level': 'ERROR', 'log.logger': 'a.B', message: LOG.message, ...dotted(chain, traceOf(chain).split('\n')) }),
  'Log4j JsonLayout': (chain) => ({ ...LOG, instant: { epochSecond: 1_773_144_000, nanoOfSecond: 1 }, loggerName: 'a.B', loggerFqcn: 'x', endOfBatch: false, thrown: nested(chain, NAMES.log4j, 0) }),
  'Log4j JsonLayout that keeps a frame': (chain) => ({ ...LOG, timeMillis: 1_773_144_000_000, loggerName: 'a.B', loggerFqcn: 'x', endOfBatch: false, thrown: nested(chain, NAMES.log4j, 1) }),
  'Log4j JsonLayout with text': (chain) => ({ ...LOG, timeMillis: 1_773_144_000_000, loggerName: 'a.B', loggerFqcn: 'x', endOfBatch: false, thrown: { name: chain.exceptions[0]!.type, message: chain.exceptions[0]!.message, extendedStackTrace: traceOf(chain, PACKAGED) } }),
  'Logstash V1': (chain) => ({ ...LOG, '@version': 1, source_host: 'h', '@timestamp': '2026-03-10T12:00:00.000+0000', logger_name: 'a.B', exception: { exception_class: chain.exceptions[0]!.type, exception_message: chain.exceptions[0]!.message, stacktrace: traceOf(chain) } }),
  GELF: (chain) => ({ version: '1.1', host: 'h', short_message: LOG.message, full_message: traceOf(chain), timestamp: 1_773_144_000.1, level: 3, _logger: 'a.B' }),
  GCP: (chain) => ({ timestampSeconds: 1_773_144_000, timestampNanos: 1, severity: 'ERROR', message: `${LOG.message}\n${traceOf(chain)}`, exception: traceOf(chain), logger: 'a.B' }),
  Spark: (chain) => ({ ts: '2026-03-10T12:00:00.000+0000', level: 'ERROR', msg: LOG.message, context: {}, exception: { class: chain.exceptions[0]!.type, msg: chain.exceptions[0]!.message, stacktrace: traceOf(chain) }, logger: 'a.B' }),
  'logstash-logback-encoder': (chain) => ({ ...LOG, '@timestamp': TIME, '@version': '1', logger_name: 'a.B', level_value: 40_000, stack_trace: traceOf(chain, LOGBACK) }),
  'Logback JsonEncoder': (chain) => ({ sequenceNumber: 0, timestamp: 1_773_144_000_000, nanoseconds: 1, level: 'ERROR', loggerName: 'a.B', context: { name: 'default' }, mdc: {}, message: LOG.message, throwable: nested(chain, NAMES.logback, 0) }),
  'Spring ecs': (chain) => ({ '@timestamp': TIME, log: { level: 'ERROR', logger: 'a.B' }, message: LOG.message, error: named(chain, traceOf(chain)), ecs: { version: '8.11' } }),
  'Spring ecs, root first': (chain) => ({ '@timestamp': TIME, log: { level: 'ERROR', logger: 'a.B' }, message: LOG.message, error: named(chain, rootFirst(chain)), ecs: { version: '8.11' } }),
  Quarkus: (chain) => ({ ...LOG, timestamp: TIME, sequence: 1, loggerClassName: 'x', loggerName: 'a.B', mdc: {}, exception: { ...nested(chain, { ...NAMES.log4j, name: 'exceptionType', trace: 'frames' } as never, 0, (cause) => ({ causedBy: { exception: cause } })) } }), // other names of the same shape
  OTLP: (chain) => ({ resourceLogs: [{ scopeLogs: [{ scope: { name: 'a.B' }, logRecords: [{ timeUnixNano: '1773144000000000000', severityNumber: 17, body: { stringValue: LOG.message }, attributes: Object.entries(named(chain, traceOf(chain))).map(([key, value]) => ({ key: `exception.${key === 'stack_trace' ? 'stacktrace' : key}`, value: { stringValue: value } })) }] }] }] }),
  'a trace alone': (chain) => traceOf(chain),
  'a trace with nothing elided': (chain) => traceOf(chain, JVM, false),
}

export function recordOf(layout: string, chain: Chain): Buffer {
  const made = LAYOUTS[layout]!(chain)
  return Buffer.from(typeof made === 'string' ? made : JSON.stringify(made))
}

function named({ exceptions: [outermost] }: Chain, trace: string): Readonly<Record<string, string>> {
  return { type: outermost!.type, message: outermost!.message, stack_trace: trace }
}

function dotted({ exceptions: [outermost] }: Chain, trace: string | readonly string[]): object {
  return { 'error.type': outermost!.type, 'error.message': outermost!.message, 'error.stack_trace': trace }
}
