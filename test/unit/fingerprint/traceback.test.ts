/** Tracebacks of Python in the messages of a JVM's exceptions, and as messages. */
import { describe, expect, it } from 'vitest'
import { createFingerprinter } from '../../../src/fingerprint/fingerprint.ts'
import { normaliseClass } from '../../../src/fingerprint/frames.ts'
import { pythonFrames, raisedIn } from '../../../src/fingerprint/traceback.ts'
import { anEvent } from '../../support/builders.ts'

const fingerprint = createFingerprinter({ ownPackages: [] })
const RUNNER = '\n\tat org.apache.spark.api.python.BasePythonRunner$ReaderIterator.handlePythonException(PythonRunner.scala:572)\n'

function traceback(raised: string, { line = 12, method = 'total', folder = '/app' } = {}): string {
  return [
    'Traceback (most recent call last):',
    '  File "/opt/spark/python/lib/pyspark.zip/pyspark/worker.py", line 1247, in main',
    '    process()',
    `  File "${folder}/job.py", line ${line}, in ${method}`,
    '    return 1 / x',
    raised,
    '',
  ].join('\n')
}

function thrown(text: string) {
  const all = `org.apache.spark.api.python.PythonException: ${text}${RUNNER}`
  return fingerprint(anEvent({ throwable: { form: 'text', type: null, message: null, text: all } }))
}

function said(message: string) {
  return fingerprint(anEvent({ throwable: null, message }))
}

describe("an error of Python in a JVM's message", () => {
  it('is told by what was raised, and where', () => {
    expect(thrown(traceback('ZeroDivisionError: division by zero'))).toMatchObject({
      title: 'PythonException: ZeroDivisionError: division by zero',
      culprit: 'job.py.total:12',
      why: 'root cause org.apache.spark.api.python.PythonException; first own frame /app/job.py#total; masked message',
    })
  })

  it('is not another one raised at the same place', () => {
    expect(thrown(traceback('ZeroDivisionError: division by zero')).fp).not.toBe(thrown(traceback("KeyError: 'x'")).fp)
  })

  it('is not the same one raised elsewhere', () => {
    const raised = "KeyError: 'x'"
    expect(thrown(traceback(raised)).fp).not.toBe(thrown(traceback(raised, { method: 'load' })).fp)
  })

  it('is the same with other data, from another line of another run', () => {
    const [one, other] = ['/tmp/spark-1f/userFiles-2e', '/tmp/spark-9a/userFiles-77'].map((folder, line) =>
      thrown(traceback(`KeyError: 'order ${line}'`, { line: line + 1, folder })),
    )
    expect(one).toMatchObject({ fp: other!.fp, fpStack: other!.fpStack })
  })
})

describe('a message that is a traceback', () => {
  it('says what was raised', () => {
    expect(said(traceback('ZeroDivisionError: division by zero')).title).toBe('ZeroDivisionError: division by zero')
    expect(said(traceback("KeyError: 'x'")).fp).not.toBe(said(traceback('ZeroDivisionError: division by zero')).fp)
  })

  it.each([
    [
      'behind other words',
      'worker 3 failed: Traceback (most recent call last):\n  File "a.py", line 1, in f\nKeyError',
      'worker 3 failed: KeyError',
    ],
    ['of several lines', 'Traceback (most recent call last):\nValueError: no total\nat: all', 'ValueError: no total'],
    [
      'while another was handled',
      'Traceback (most recent call last):\nKeyError: 1\n\nDuring handling of the above exception, another exception occurred:\n\nTraceback (most recent call last):\nIOError: 2',
      'IOError: 2',
    ],
  ])('%s', (_, message, raised) => expect(raisedIn(message)).toBe(raised))

  it.each([
    ['a traceback that is cut', 'Traceback (most recent call last):\n  File "a.py", line 1, in f'],
    ['words of their own before it', 'order 7 failed\nTraceback (most recent call last):\nKeyError'],
    ['none', 'order 7 failed'],
  ])('%s stays', (_, message) => expect(raisedIn(message)).toBe(message))
})

describe('frames of Python', () => {
  it('are read innermost first, from the last traceback', () => {
    const message = `${traceback('KeyError: 1')}\nDuring handling of the above exception, another exception occurred:\n\n${traceback('IOError', { method: 'save' })}`
    expect(pythonFrames(message)).toEqual([
      { className: '/app/job.py', method: 'save', file: '/app/job.py', line: 12 },
      { className: expect.stringContaining('worker.py') as string, method: 'main', file: expect.any(String) as string, line: 1247 },
    ])
    expect(pythonFrames(null)).toEqual([])
  })

  it('name their file without the folders that a run or a version numbers', () => {
    expect(normaliseClass('/hadoop/container_12_3/etl/job.py')).toBe('etl/job.py')
    expect(normaliseClass('/app/etl/job2.py')).toBe('/app/etl/job2.py')
  })
})
