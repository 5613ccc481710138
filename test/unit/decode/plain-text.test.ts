import { describe, expect, it } from 'vitest'
import { decode, eventOf, throwableOf } from './samples.ts'

const TRACE = 'java.lang.X: y\n\tat a.B.c(B.java:1)\nCaused by: java.lang.Z: w\n\t... 1 more'
const AT = Date.parse('2026-08-01T10:00:00.123Z')
const SECOND = Date.parse('2026-08-01T10:00:00Z')

/** What the pattern is called, a line of it, and what it says besides `boom` and ERROR. */
const PATTERNS: [name: string, line: string, fields: object][] = [
  [
    'Flink: %d{yyyy-MM-dd HH:mm:ss,SSS} %-5p %-60c %x - %m%n',
    '2026-08-01 10:00:00,123 ERROR com.example.orders.OrderJob                                  [] - boom',
    { timeMs: AT, logger: 'com.example.orders.OrderJob', thread: null },
  ],
  [
    'Flink with a nested context',
    '2026-08-01 10:00:00,123 ERROR com.example.J                [job-7] - boom',
    { timeMs: AT, logger: 'com.example.J' },
  ],
  [
    'Flink with the thread',
    '2026-08-01 10:00:00,123 [Source: t[1] -> Map (3/16)#0] ERROR com.example.J [] - boom',
    { timeMs: AT, logger: 'com.example.J', thread: 'Source: t[1] -> Map (3/16)#0' },
  ],
  [
    'Flink with the thread behind the level',
    '2026-08-01 10:00:00,123 ERROR [Source: t[1] -> Map (3/16)#0] com.example.J - boom',
    { timeMs: AT, logger: 'com.example.J', thread: 'Source: t[1] -> Map (3/16)#0' },
  ],
  ['Log4j 2, its own default', '10:00:00.123 [main] ERROR com.example.J - boom', { timeMs: null, logger: 'com.example.J', thread: 'main' }],
  ['Log4j 1, TTCC', '467 [main] ERROR com.example.J  - boom', { logger: 'com.example.J', thread: 'main' }],
  [
    'Log4j 1: %d{DATE}',
    '01 Aug 2026 10:00:00,123 [main] ERROR com.example.J - boom',
    { timeMs: AT, logger: 'com.example.J', thread: 'main' },
  ],
  [
    'Logback: %d [%thread] %-5level %logger{36} -%kvp- %msg%n',
    '2026-08-01 10:00:00,123 [pool-1-thread-2] ERROR c.e.J -- boom',
    { timeMs: AT, logger: 'c.e.J', thread: 'pool-1-thread-2' },
  ],
  ['Logback with line numbers', '2026-08-01 10:00:00,123 [main] ERROR c.e.J:42 - boom', { timeMs: AT, logger: 'c.e.J', thread: 'main' }],
  [
    'Spring Boot 3',
    '2026-08-01T12:00:00.123+02:00 ERROR 4711 --- [           main] c.e.orders.OrderJob                      : boom',
    { timeMs: AT, logger: 'c.e.orders.OrderJob', thread: 'main' },
  ],
  [
    "Spring Boot 3 with the application's name",
    '2026-08-01T10:00:00.123Z ERROR 4711 --- [orders] [nio-8080-exec-1] o.a.c.c.C.[.[.[/].[dispatcherServlet]    : boom',
    { timeMs: AT, logger: 'o.a.c.c.C.[.[.[/].[dispatcherServlet]', thread: 'nio-8080-exec-1' },
  ],
  [
    "Spring Boot 3 with the trace's ids",
    '2026-08-01T10:00:00.123Z ERROR 4711 --- [orders] [main] [803B448A0489F84084905D3093480352-3425F23BB2432450] c.e.J : boom',
    { timeMs: AT, logger: 'c.e.J', thread: 'main' },
  ],
  [
    "Spring Boot 3 with the trace's ids alone",
    '2026-08-01T10:00:00.123Z ERROR 4711 --- [main] [803b448a0489f84084905d3093480352-3425f23bb2432450] c.e.J : boom',
    { timeMs: AT, logger: 'c.e.J', thread: 'main' },
  ],
  [
    'Spring Boot 2',
    '2026-08-01 10:00:00.123 ERROR 4711 --- [           main] c.e.J                                    : boom',
    { timeMs: AT, logger: 'c.e.J', thread: 'main' },
  ],
  [
    'Spring Boot in colours',
    '\u001b[2m2026-08-01T10:00:00.123Z\u001b[0;39m \u001b[31mERROR\u001b[0;39m \u001b[35m4711\u001b[0;39m \u001b[2m---\u001b[0;39m \u001b[2m[main]\u001b[0;39m \u001b[36mc.e.J\u001b[0;39m \u001b[2m:\u001b[0;39m boom',
    { timeMs: AT, logger: 'c.e.J', thread: 'main' },
  ],
  ['Spark: %d{yy/MM/dd HH:mm:ss} %p %c{1}: %m%n%ex', '26/08/01 10:00:00 ERROR Executor: boom', { timeMs: SECOND, logger: 'Executor' }],
  [
    'Hadoop: %d{ISO8601} %p %c: %m%n',
    '2026-08-01 10:00:00,123 ERROR org.apache.hadoop.hdfs.server.datanode.DataNode: boom',
    { timeMs: AT, logger: 'org.apache.hadoop.hdfs.server.datanode.DataNode' },
  ],
  [
    'Kafka: [%d] %p %m (%c)%n',
    '[2026-08-01 10:00:00,123] ERROR boom (kafka.server.ReplicaManager)',
    { timeMs: AT, logger: 'kafka.server.ReplicaManager', thread: null },
  ],
  [
    'Kafka Connect',
    '[2026-08-01 10:00:00,123] ERROR [sink|task-0] boom (org.apache.kafka.connect.runtime.WorkerTask:212)',
    { timeMs: AT, logger: 'org.apache.kafka.connect.runtime.WorkerTask', message: '[sink|task-0] boom' },
  ],
  [
    'Elasticsearch',
    '[2026-08-01T10:00:00,123][ERROR][o.e.b.Bootstrap          ] [node-1] boom',
    { timeMs: AT, logger: 'o.e.b.Bootstrap', message: '[node-1] boom' },
  ],
  [
    'Quarkus and WildFly: %d{yyyy-MM-dd HH:mm:ss,SSS} %-5p [%c] (%t) %s%e%n',
    '2026-08-01 10:00:00,123 ERROR [com.example.J] (executor-thread-1) boom',
    { timeMs: AT, logger: 'com.example.J', thread: 'executor-thread-1' },
  ],
  [
    'Tomcat',
    '01-Aug-2026 10:00:00.123 SEVERE [main] org.apache.catalina.core.StandardContext.listenerStart boom',
    { timeMs: AT, logger: 'org.apache.catalina.core.StandardContext.listenerStart', thread: 'main' },
  ],
  [
    "a container's runtime before it",
    '2026-08-01T10:00:00.999999999Z stderr F 2026-08-01 10:00:00,123 ERROR com.example.J [] - boom',
    { timeMs: AT, logger: 'com.example.J' },
  ],
  ['no logger', '2026-08-01 10:00:00,123 ERROR boom', { timeMs: AT, logger: null }],
  ['a whole year before slashes', '2026/08/01 10:00:00 ERROR com.example.J - boom', { timeMs: SECOND, logger: 'com.example.J' }],
]

describe('a log line with its trace', () => {
  it.each(PATTERNS)('%s', (_, line, fields) => {
    expect(eventOf(`${line}\n${TRACE}\n`)).toMatchObject({
      layout: 'plain-text',
      level: 'ERROR',
      message: 'boom',
      throwable: { form: 'text', text: TRACE },
      truncated: false,
      ...fields,
    })
  })

  it.each(PATTERNS.filter(([name]) => !name.startsWith('Log4j 1, TTCC')))('and without: %s', (_, line, fields) => {
    expect(eventOf(`${line}\r\n`)).toMatchObject({ layout: 'plain-text', level: 'ERROR', message: 'boom', throwable: null, ...fields })
  })

  it('keeps a message of several lines, and one that is longer than the head', () => {
    expect(eventOf(`2026-08-01 10:00:00,123 ERROR a.B - one\ntwo\n${TRACE}`)).toMatchObject({ message: 'one\ntwo', logger: 'a.B' })
    const long = 'x'.repeat(5_000)
    expect(eventOf(`2026-08-01 10:00:00,123 ERROR a.B - ${long}\n${TRACE}`)).toMatchObject({ message: long })
  })

  it('takes the trace that begins within the line', () => {
    const trace = TRACE.replace('java.lang.X', 'java.lang.RuntimeException')
    expect(eventOf(`2026-08-01 10:00:00,123 ERROR a.B - it failed: ${trace}`)).toMatchObject({
      message: 'it failed:',
      throwable: { text: trace },
    })
    expect(eventOf(`2026-08-01 10:00:00,123 ERROR a.B - java.lang.RuntimeException: y\n\tat a.B.c(B.java:1)`)).toMatchObject({
      message: 'java.lang.RuntimeException: y',
    })
  })

  it('takes the frames behind a line that names no class, for toString() prints what it likes', () => {
    const line = '2026-08-01 10:00:00,123 ERROR [main] com.acme.Checkout - '
    const trace = 'Odd thing [code=7]: outer\n\tat com.acme.Boom.odd(Boom.java:26)'
    for (const [text, message] of [
      [`${line}order failed\n${trace}`, 'order failed'],
      [line + trace, 'Odd thing [code=7]: outer'],
    ] as const) {
      const event = eventOf(text)
      expect(event).toMatchObject({ logger: 'com.acme.Checkout', message, throwable: { text: trace } })
      expect(throwableOf(event)).toMatchObject({
        type: 'java.lang.Throwable',
        message: 'Odd thing [code=7]: outer',
        frames: [{ line: 26 }],
      })
    }
    const dump = '"main" #1 prio=5 os_prio=0\n   java.lang.Thread.State: WAITING\n\tat java.lang.Object.wait(Native Method)'
    expect(eventOf(`${line}threads:\n${dump}`).throwable).toBeNull()
  })

  it('takes exceptions without a package, with an inline hash, and of a remote call', () => {
    for (const head of [
      'OrderException: x',
      '<#0f7881a5> java.lang.X: x',
      'org.apache.hadoop.ipc.RemoteException(java.io.IOException): x',
    ]) {
      expect(eventOf(`2026-08-01 10:00:00,123 ERROR a.B - boom\n${head}\n\tat a.B.c(B.java:1)`)).toMatchObject({
        message: 'boom',
        throwable: { text: `${head.replace(/^<.*> /, '')}\n\tat a.B.c(B.java:1)` },
      })
    }
  })

  it('may begin with a bracket and hold what could be JSON', () => {
    expect(eventOf(`[2026-08-01 10:00:00,123] ERROR no {} in {"a":1} (kafka.server.X)\n${TRACE}`)).toMatchObject({
      layout: 'plain-text',
      message: 'no {} in {"a":1}',
      logger: 'kafka.server.X',
      throwable: { text: TRACE },
    })
  })

  it('is marked where it was cut within a frame', () => {
    expect(eventOf('2026-08-01 10:00:00,123 ERROR a.B - boom\njava.lang.X: y\n\tat a.B.c(B.java:1)\n\tat a.B.d(B.ja')).toMatchObject({
      truncated: true,
    })
  })
})

describe('text that is no log line', () => {
  it.each(['some text', 'ERROR something', '2026-08-01 10:00:00 nothing of note', 'at least (one) of them\n  at most (two)'])(
    'is a dead letter: %j',
    (text) => {
      expect(decode(Buffer.from(text))).toMatchObject([{ kind: 'dead', reason: 'not_json' }])
    },
  )
})

describe('a trace that was printed into a message', () => {
  const record = (message: string, more: object = {}) => eventOf({ 'ecs.version': '1.2.0', 'log.level': 'WARN', message, ...more })

  it('is the throwable, where the layout has none', () => {
    expect(record(`it failed\n${TRACE}`)).toMatchObject({ level: 'WARN', message: 'it failed', throwable: { text: TRACE } })
    expect(record(TRACE)).toMatchObject({ message: 'java.lang.X: y', throwable: { text: TRACE } })
    expect(record(`it failed: java.lang.RuntimeException: y\n    at a.B.c(B.java:1)`)).toMatchObject({
      message: 'it failed:',
      throwable: { text: 'java.lang.RuntimeException: y\n    at a.B.c(B.java:1)' },
    })
  })

  it('stays where the layout has one, and where it names no class', () => {
    expect(record(`it failed\n${TRACE}`, { 'error.stack_trace': 'java.lang.Own: z\n\tat a.B.c(B.java:1)' })).toMatchObject({
      message: `it failed\n${TRACE}`,
      throwable: { text: 'java.lang.Own: z\n\tat a.B.c(B.java:1)' },
    })
    expect(record('dump:\n\tat a.B.c(B.java:1)\n')).toMatchObject({ throwable: null, message: 'dump:\n\tat a.B.c(B.java:1)\n' })
  })
})

describe('hostile text', () => {
  it.each([
    ['class names', `${'a.'.repeat(500_000)}\n\tat a.B.c(B.java:1)`],
    ['brackets', `2026-08-01 10:00:00,123 ERROR ${'['.repeat(500_000)}`],
    ['closing brackets', `2026-08-01 10:00:00,123 ${']'.repeat(500_000)} ERROR`],
    ['blanks', `2026-08-01 10:00:00,123 ERROR${' '.repeat(500_000)}x`],
    ['frames in a message', JSON.stringify({ level: 'ERROR', message: '\n\tat a.B.c(B.java:1)'.repeat(20_000) })],
    ['half frames in a message', JSON.stringify({ level: 'ERROR', message: '\n        at a.B.c'.repeat(50_000) })],
    ['escapes', '\u001b['.repeat(300_000)],
  ])('of half a megabyte is survived: %s', (_, text) => {
    expect(decode(Buffer.from(text)).length).toBeGreaterThan(0)
  })
})
