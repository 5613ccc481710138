/**
 * In: a chain of exceptions. Out: the record that each layout that carries the whole chain makes of it: the same error in other bytes.
 *
 * A JVM leaves out what a cause shares with the exception around it; appenders say so in words of their own, or leave nothing out; and Log4j's structure leaves out only
 * what a cause shares with the outermost one.
 */

export interface Printed {
  readonly type: string
  readonly message: string
  /** `com.acme.Orders.save(Orders.java:17)`, that only this exception has. */
  readonly frames: readonly string[]
  /** Heads of suppressed exceptions: `java.io.IOException: closed`. */
  readonly suppressed: readonly string[]
}

/** Outermost first; the last is the root. */
export interface Chain {
  readonly exceptions: readonly Printed[]
  /** Frames that all but the outermost share, above the tail. */
  readonly middle: readonly string[]
  /** Frames that all share. */
  readonly tail: readonly string[]
}

interface Words {
  readonly elided: (count: number) => string
  readonly frame: (frame: string) => string
}

const JVM: Words = { elided: (count) => `... ${count} more`, frame: (frame) => frame }
const LOGBACK: Words = { ...JVM, elided: (count) => `... ${count} common frames omitted` }
const PACKAGED: Words = { ...JVM, frame: (frame) => `${frame} ~[shop-1.4.jar:1.4]` }

export function traceOf(chain: Chain, { elided, frame }: Words = JVM, isElided = true): string {
  return chain.exceptions
    .map(({ type, message, frames, suppressed }, i) => {
      const others = suppressed.flatMap((one) => [`\tSuppressed: ${one}`, '\t\tat com.acme.Close.close(Close.java:1)'])
      const rest = isElided ? shownRest(chain, i, elided, frame) : fullRest(chain, i).map((one) => `\tat ${frame(one)}`)
      return [`${i === 0 ? '' : 'Caused by: '}${type}: ${message}`, ...frames.map((one) => `\tat ${frame(one)}`), ...rest, ...others].join(
        '\n',
      )
    })
    .join('\n')
}

function fullRest({ middle, tail }: Chain, at: number): string[] {
  return at === 0 ? [...tail] : [...middle, ...tail]
}

function shownRest(chain: Chain, at: number, elided: Words['elided'], frame: Words['frame']): string[] {
  const full = fullRest(chain, at)
  const shown = at === 0 ? full.length : at === 1 ? chain.middle.length : 0
  return [...full.slice(0, shown).map((one) => `\tat ${frame(one)}`), ...(shown < full.length ? [`\t${elided(full.length - shown)}`] : [])]
}

/** The root first, each wrapper behind it, with hashes as Spring puts them. */
function rootFirst(chain: Chain): string {
  const lines = chain.exceptions.map(({ type, message, frames }, i) =>
    [`<#0f7881a5> ${type}: ${message}`, ...frames.map((one) => `\tat ${one}`), ...shownRest(chain, i, JVM.elided, JVM.frame)].join('\n'),
  )
  return lines.toReversed().join('\nWrapped by: ')
}

const NAMES = {
  log4j: { name: 'name', trace: 'extendedStackTrace', class: 'class', method: 'method', file: 'file', line: 'line' },
  logback: { name: 'className', trace: 'stepArray', class: 'className', method: 'methodName', file: 'fileName', line: 'lineNumber' },
  jboss: { name: 'exceptionType', trace: 'frames', class: 'class', method: 'method', file: 'file', line: 'line' },
} as const

type Names = (typeof NAMES)[keyof typeof NAMES]

function nested(
  chain: Chain,
  names: Names,
  shown: (at: number) => readonly string[],
  wrapped: (cause: object) => object = (cause) => ({ cause }),
): object {
  const frames = (all: readonly string[]) => all.map((frame) => frameOf(frame, names))
  return chain.exceptions.reduceRight<object | null>(
    (cause, { type, message, frames: own, suppressed }, i) => ({
      [names.name]: type,
      message,
      [names.trace]: frames([...own, ...shown(i)]),
      ...(cause === null ? {} : wrapped(cause)),
      ...(suppressed.length === 0
        ? {}
        : {
            suppressed: suppressed.map((head) => ({ [names.name]: head.split(': ')[0], message: head.split(': ')[1], [names.trace]: [] })),
          }),
    }),
    null,
  )!
}

function asLog4j(chain: Chain): object {
  return nested(chain, NAMES.log4j, (at) => (at === 0 ? chain.tail : chain.middle))
}

function asLogback(chain: Chain, names: Names, wrapped?: (cause: object) => object): object {
  return nested(chain, names, (at) => (at === 0 ? chain.tail : at === 1 ? chain.middle : []), wrapped)
}

function frameOf(frame: string, names: Names): object {
  const [, className, method, file, line] = /^(.*)\.([^.(]+)\(([^:)]*)(?::(\d+))?\)$/.exec(frame)!
  return { [names.class]: className, [names.method]: method, [names.file]: file, [names.line]: line === undefined ? -1 : Number(line) }
}

const TIME = '2026-03-10T12:00:00.000Z'
const LOG = { level: 'ERROR', message: 'order failed' } as const

export const LAYOUTS: Readonly<Record<string, (chain: Chain) => object | string>> = {
  'Log4j EcsLayout': (chain) => ({
    '@timestamp': TIME,
    'ecs.version': '1.2.0',
    'log.level': 'ERROR',
    'log.logger': 'a.B',
    message: LOG.message,
    ...dotted(chain, traceOf(chain)),
  }),
  'ecs-logging with an array': (chain) => ({
    '@timestamp': TIME,
    'ecs.version': '1.2.0',
    'log.level': 'ERROR',
    'log.logger': 'a.B',
    message: LOG.message,
    ...dotted(chain, traceOf(chain).split('\n')),
  }),
  'Log4j JsonLayout': (chain) => ({
    ...LOG,
    instant: { epochSecond: 1_773_144_000, nanoOfSecond: 1 },
    loggerName: 'a.B',
    loggerFqcn: 'x',
    endOfBatch: false,
    thrown: asLog4j(chain),
  }),
  'Log4j JsonLayout with text': (chain) => ({
    ...LOG,
    timeMillis: 1_773_144_000_000,
    loggerName: 'a.B',
    loggerFqcn: 'x',
    endOfBatch: false,
    thrown: { name: chain.exceptions[0]!.type, message: chain.exceptions[0]!.message, extendedStackTrace: traceOf(chain, PACKAGED) },
  }),
  'Logstash V1': (chain) => ({
    ...LOG,
    '@version': 1,
    source_host: 'h',
    '@timestamp': '2026-03-10T12:00:00.000+0000',
    logger_name: 'a.B',
    exception: { exception_class: chain.exceptions[0]!.type, exception_message: chain.exceptions[0]!.message, stacktrace: traceOf(chain) },
  }),
  GELF: (chain) => ({
    version: '1.1',
    host: 'h',
    short_message: LOG.message,
    full_message: traceOf(chain),
    timestamp: 1_773_144_000.1,
    level: 3,
    _logger: 'a.B',
  }),
  GCP: (chain) => ({
    timestampSeconds: 1_773_144_000,
    timestampNanos: 1,
    severity: 'ERROR',
    message: `${LOG.message}\n${traceOf(chain)}`,
    exception: traceOf(chain),
    logger: 'a.B',
  }),
  Spark: (chain) => ({
    ts: '2026-03-10T12:00:00.000+0000',
    level: 'ERROR',
    msg: LOG.message,
    context: {},
    exception: { class: chain.exceptions[0]!.type, msg: chain.exceptions[0]!.message, stacktrace: traceOf(chain) },
    logger: 'a.B',
  }),
  'logstash-logback-encoder': (chain) => ({
    ...LOG,
    '@timestamp': TIME,
    '@version': '1',
    logger_name: 'a.B',
    level_value: 40_000,
    stack_trace: traceOf(chain, LOGBACK),
  }),
  'Logback JsonEncoder': (chain) => ({
    sequenceNumber: 0,
    timestamp: 1_773_144_000_000,
    nanoseconds: 1,
    level: 'ERROR',
    loggerName: 'a.B',
    context: { name: 'default' },
    mdc: {},
    message: LOG.message,
    throwable: asLogback(chain, NAMES.logback),
  }),
  'Spring ecs': (chain) => ({
    '@timestamp': TIME,
    log: { level: 'ERROR', logger: 'a.B' },
    message: LOG.message,
    error: named(chain, traceOf(chain)),
    ecs: { version: '8.11' },
  }),
  'Spring ecs, root first': (chain) => ({
    '@timestamp': TIME,
    log: { level: 'ERROR', logger: 'a.B' },
    message: LOG.message,
    error: named(chain, rootFirst(chain)),
    ecs: { version: '8.11' },
  }),
  Quarkus: (chain) => ({
    ...LOG,
    timestamp: TIME,
    sequence: 1,
    loggerClassName: 'x',
    loggerName: 'a.B',
    mdc: {},
    exception: asLogback(chain, NAMES.jboss, (cause) => ({ causedBy: { exception: cause } })),
  }),
  OTLP: (chain) => ({
    resourceLogs: [
      {
        scopeLogs: [
          {
            scope: { name: 'a.B' },
            logRecords: [
              {
                timeUnixNano: '1773144000000000000',
                severityNumber: 17,
                body: { stringValue: LOG.message },
                attributes: Object.entries(named(chain, traceOf(chain))).map(([key, value]) => ({
                  key: `exception.${key === 'stack_trace' ? 'stacktrace' : key}`,
                  value: { stringValue: value },
                })),
              },
            ],
          },
        ],
      },
    ],
  }),
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
