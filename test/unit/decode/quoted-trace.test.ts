/** What failed in another process is printed into the message of the exception that says so: it is the cause, however the layout writes the exception. */
import { describe, expect, it } from 'vitest'
import { createFingerprinter } from '../../../src/fingerprint/fingerprint.ts'
import { eventOf, throwableOf, typesOf } from './samples.ts'

const group = (record: object) => createFingerprinter({ ownPackages: [] })(eventOf(record))

const PYTHON = [
  { class: null, method: '<module>', file: '/app/job.py', line: '17' },
  { class: null, method: 'total', file: '/app/orders.py', line: '5' },
  { class: null, method: 'deco', file: '/opt/spark/python/pyspark/errors/exceptions/captured.py', line: '282' },
  { class: null, method: 'get_return_value', file: '/opt/spark/python/lib/py4j-0.10.9.9-src.zip/py4j/protocol.py', line: '327' },
]
const CALL = 'An error occurred while calling o52.showString.'
const pyspark = (msg: string, frames: readonly object[] = PYTHON) => ({
  ts: '2024-06-28 19:53:48,563',
  level: 'ERROR',
  logger: 'Orders',
  msg: 'query failed',
  context: {},
  exception: { class: 'Py4JJavaError', msg, stacktrace: frames },
})
const jvm = (head: string) =>
  `${CALL}\n: ${head}\n\tat org.apache.spark.sql.Dataset.showString(Dataset.scala:1)\n\tat java.base/java.lang.Thread.run(Thread.java:840)\n`
const HEADS = [
  'org.apache.spark.SparkArithmeticException: [DIVIDE_BY_ZERO] Division by zero.',
  'java.io.FileNotFoundException: File /data/1.parquet does not exist',
  'java.lang.OutOfMemoryError: Java heap space',
]

describe('the error of a JVM that Python reports', () => {
  it.each(HEADS)('is the cause: %s', (head) => {
    const event = eventOf(pyspark(jvm(head)))
    const [type, message] = head.split(': ')
    expect(throwableOf(event)).toMatchObject({ type: 'Py4JJavaError', message: CALL, cause: { type, message, frames: [{}, {}] } })
    expect(event.truncated).toBe(false)
  })

  it('makes groups by what it is', () => {
    expect(new Set(HEADS.map((head) => group(pyspark(jvm(head))).fp)).size).toBe(3)
    expect(group(pyspark(jvm(HEADS[0]!).replace('o52', 'o91'))).fp).toBe(group(pyspark(jvm(HEADS[0]!))).fp)
  })

  it('has causes of its own', () => {
    const event = eventOf(pyspark(`${jvm(HEADS[1]!)}Caused by: a.F: y\n\tat a.B.c(B.java:1)\n`))
    expect(typesOf(event)).toEqual(['Py4JJavaError', 'java.io.FileNotFoundException', 'a.F'])
  })

  it('that was cut is marked', () => {
    expect(eventOf(pyspark(`${jvm(HEADS[1]!)}Caused by: a.F: y\n\tat a.B…`)).truncated).toBe(true)
  })

  it('is that in a printed Python trace, too', () => {
    const text = `2026-08-01 10:00:00,123 ERROR Orders: query failed\npy4j.protocol.Py4JJavaError: ${jvm(HEADS[1]!)}`
    expect(typesOf(eventOf(text))).toEqual(['py4j.protocol.Py4JJavaError', 'java.io.FileNotFoundException'])
  })

  it('happened where the Python code of the job called, last of all', () => {
    expect(group(pyspark(jvm(HEADS[1]!))).culprit).toContain('total:5')
    expect(group(pyspark(CALL)).culprit).toContain('total:5')
  })
})

const EXECUTOR =
  'java.lang.IllegalStateException: bad row 17\n\tat com.acme.Rows.check(Rows.java:9)\n\tat org.apache.spark.scheduler.Task.run(Task.scala:1)\n'
const MESSAGE = `Job aborted due to stage failure: Task 0 in stage 1.0 failed 4 times, most recent failure: Lost task 0.3 in stage 1.0 (TID 3) (10.0.0.1 executor 1): ${EXECUTOR}\nDriver stacktrace:`
const SPARK = 'org.apache.spark.SparkException'
const DRIVER = [
  { class: 'org.apache.spark.scheduler.DAGScheduler', method: 'abort', file: 'DAGScheduler.scala', line: 1 },
  { class: 'com.acme.Job', method: 'main', file: 'Job.java', line: 3 },
]
const PRINTED = `${SPARK}: ${MESSAGE}\n${DRIVER.map((frame) => `\tat ${frame.class}.${frame.method}(${frame.file}:${frame.line})\n`).join('')}`
const ecs = (more: object) => ({
  '@timestamp': '2026-08-01T10:00:00Z',
  'log.level': 'ERROR',
  'ecs.version': '1.2.0',
  message: 'boom',
  'log.logger': 'a.B',
  ...more,
})
const STAGE_FAILURES: readonly [string, object][] = [
  ['a text', ecs({ 'error.stack_trace': PRINTED })],
  ['a text with its message beside it', ecs({ 'error.type': SPARK, 'error.message': MESSAGE, 'error.stack_trace': PRINTED })],
  [
    'a structure',
    {
      instant: { epochSecond: 1, nanoOfSecond: 0 },
      level: 'ERROR',
      loggerName: 'a.B',
      message: 'boom',
      loggerFqcn: 'x',
      endOfBatch: false,
      thrown: { name: SPARK, message: MESSAGE, extendedStackTrace: DRIVER },
    },
  ],
]

describe('what failed on an executor', () => {
  it.each(STAGE_FAILURES)('is the cause: %s', (_, record) => {
    const event = eventOf(record)
    expect(throwableOf(event)).toMatchObject({
      type: SPARK,
      message: expect.stringMatching(/executor 1\)$/),
      frames: [{ method: 'abort' }, { method: 'main' }],
      cause: {
        type: 'java.lang.IllegalStateException',
        message: 'bad row 17',
        frames: [{ method: 'check' }, { method: 'run' }],
        cause: null,
      },
    })
    expect([group(record).culprit, group(record).fp]).toEqual(['Rows.check:9', group(STAGE_FAILURES[0]![1]).fp])
  })

  it('is not told twice, where the cause is there', () => {
    const event = eventOf(ecs({ 'error.stack_trace': `${PRINTED}Caused by: ${EXECUTOR}` }))
    expect(typesOf(event)).toEqual([SPARK, 'java.lang.IllegalStateException'])
    expect(group(ecs({ 'error.stack_trace': `${PRINTED}Caused by: ${EXECUTOR}` })).fp).toBe(group(STAGE_FAILURES[0]![1]).fp)
  })

  it('is found in an exception that another one wraps', () => {
    expect(typesOf(eventOf(ecs({ 'error.stack_trace': `${SPARK}: Job aborted.\n\tat a.B.c(B.java:1)\nCaused by: ${PRINTED}` })))).toEqual([
      SPARK,
      SPARK,
      'java.lang.IllegalStateException',
    ])
  })

  it('is not known where no exception is named', () => {
    const text = `${SPARK}: Job aborted due to stage failure: Task 0 failed, most recent failure: ExecutorLostFailure (executor 1 exited)\nDriver stacktrace:\n\tat a.B.c(B.java:1)\n`
    expect(throwableOf(eventOf(ecs({ 'error.stack_trace': text })))).toMatchObject({ type: SPARK, cause: null, frames: [{ method: 'c' }] })
  })
})
