import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { loadSettings } from '../../src/config/load.ts'
import type { ErrorEvent } from '../../src/event.ts'
import { createJobResolver, MAX_NAME_CHARS, type JobRules, type RecordNames } from '../../src/job.ts'

const DEFAULTS = loadSettings({ file: null, env: {} }).job

function event(fields: Partial<ErrorEvent> & { mdc?: Record<string, string> }): ErrorEvent {
  const { mdc = {}, ...rest } = fields
  return {
    layout: 'log4j2-json',
    envelopes: [],
    timeMs: null,
    level: 'ERROR',
    logger: null,
    thread: null,
    message: '',
    messageTemplate: null,
    host: null,
    serviceName: null,
    serviceVersion: null,
    environment: null,
    context: new Map(Object.entries(mdc)),
    tags: [],
    throwable: null,
    truncated: false,
    ...rest,
  }
}

function record(fields: Partial<RecordNames> = {}): RecordNames {
  return { key: null, headers: {}, topic: 'error-logs', ...fields }
}

function jobOf(rules: Partial<JobRules>, e: ErrorEvent, r: RecordNames = record()): string {
  return createJobResolver({ ...DEFAULTS, ...rules })(e, r).job
}

describe('the job', () => {
  it.each<[string, string, ErrorEvent, RecordNames, string]>([
    ['a context key', 'context:job', event({ mdc: { job: 'orders' } }), record(), 'orders'],
    ['the service', 'service', event({ serviceName: 'orders' }), record(), 'orders'],
    ['a header', 'header:job', event({}), record({ headers: { job: 'orders' } }), 'orders'],
    ['the key', 'key', event({}), record({ key: Buffer.from('orders') }), 'orders'],
    ['the topic', 'topic', event({}), record(), 'error-logs'],
  ])('comes from %s', (_, place, e, r, expected) => {
    expect(jobOf({ from: [place] }, e, r)).toBe(expected)
  })

  it('comes from the first place that holds something', () => {
    const e = event({ mdc: { a: ' \t', b: 'second' }, serviceName: 'third' })
    expect(jobOf({ from: ['context:none', 'context:a', 'context:b', 'service'] }, e)).toBe('second')
  })

  it('is the topic by default where nothing else is known, and unknown where there is none', () => {
    expect(jobOf({}, event({}))).toBe('error-logs')
    expect(jobOf({}, event({}), record({ topic: '' }))).toBe('unknown')
  })

  it('is not taken from a key that is not UTF-8', () => {
    expect(jobOf({ from: ['key', 'topic'] }, event({}), record({ key: Buffer.from([0xff, 0xfe, 0x61]) }))).toBe('error-logs')
  })

  it('is not taken from what every object has', () => {
    expect(jobOf({ from: ['header:constructor', 'topic'] }, event({}))).toBe('error-logs')
  })

  it('has no control characters and no spaces around, and is cut between characters', () => {
    expect(jobOf({ from: ['context:job'] }, event({ mdc: { job: ' or\u0000de\nrs ' } }))).toBe('orders')
    const long = `${'x'.repeat(MAX_NAME_CHARS - 1)}😀`
    expect(jobOf({ from: ['context:job'] }, event({ mdc: { job: long } }))).toBe('x'.repeat(MAX_NAME_CHARS - 1))
  })

  it('is never empty, never too long, and the same when resolved again', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 600 }), (job) => {
        const once = jobOf({ from: ['context:job'] }, event({ mdc: { job } }))
        const again = jobOf({ from: ['context:job'] }, event({ mdc: { job: once } }))
        return once.length > 0 && once.length <= MAX_NAME_CHARS && !/\p{Cc}/u.test(once) && once === again
      }),
    )
  })
})

describe('environment and host', () => {
  it('come from their own chains, and are null where nothing is known', () => {
    const resolve = createJobResolver(DEFAULTS)
    expect(resolve(event({ environment: 'prod', host: 'a' }), record())).toMatchObject({ environment: 'prod', host: 'a' })
    expect(resolve(event({ mdc: { env: 'test', hostname: 'b' }, environment: 'prod', host: 'a' }), record())).toMatchObject({
      environment: 'test',
      host: 'b',
    })
    expect(resolve(event({}), record())).toMatchObject({ environment: null, host: null })
  })
})

describe('operator and subtask', () => {
  const resolve = createJobResolver(DEFAULTS)
  const of = (thread: string | null) => {
    const { operator, subtask } = resolve(event({ thread }), record())
    return [operator, subtask]
  }

  it.each<[thread: string, operator: string, subtask: number]>([
    ['Source: Kafka -> Map -> Sink: out (3/16)#0', 'Source: Kafka -> Map -> Sink: out', 3],
    ['Map (1/4)', 'Map', 1],
    [
      'Window(TumblingEventTimeWindows(60000), EventTimeTrigger, Count) (12/128)#17',
      'Window(TumblingEventTimeWindows(60000), EventTimeTrigger, Count)',
      12,
    ],
    ['Source: orders[1] -> Calc[2] -> Sink: out[3] (1/1)#0', 'Source: orders[1] -> Calc[2] -> Sink: out[3]', 1],
    ['Join (a/b) (2/4)#0', 'Join (a/b)', 2],
    ['Map (1/2) (2/4)#0', 'Map (1/2)', 2],
    ['Legacy Source Thread - Source: x (1/1)#2', 'Source: x', 1],
    ['Async calls on Map (2/8)#1', 'Map', 2],
    ['Kafka Fetcher for Source: x (1/4)#0', 'Source: x', 1],
    ['Source Data Fetcher for Source: x (1/4)#0', 'Source: x', 1],
    ['OutputFlusher for Source: x -> Map (4/4)#0', 'Source: x -> Map', 4],
    ['Channel state writer Map (1/4)#0', 'Map', 1],
    ['Time Trigger for Window (1/4)#0', 'Window', 1],
    ['Canceler for Map (1/2)#0 (8f2c1d0e9b7a46f5a3c2b1d0e9f8a7b6_20ba6b65f97481d5570070de90e4e791_0_0).', 'Map', 1],
    ['Cancellation Watchdog for Map (1/2)#0 (8f2c1d0e9b7a46f5a3c2b1d0e9f8a7b6).', 'Map', 1],
    ['Window for users (1/2)#0', 'Window for users', 1],
    ['two\nlines (1/2)#0', 'twolines', 1],
  ])('come from the thread %j', (thread, operator, subtask) => {
    expect(of(thread)).toEqual([operator, subtask])
  })

  it.each([
    null,
    '',
    'main',
    'Checkpoint Timer',
    'flink-pekko.actor.default-dispatcher-5',
    'jobmanager-io-thread-1',
    'pool-8-thread-1',
    'http-nio-8080-exec-1',
    'Executor task launch worker for task 3.0 in stage 12.0 (TID 45)',
    'Map (0/4)#0',
    'Map (5/4)#0',
    'Map (1/4',
    'Map (1/4)#',
    'Map (a/4)',
    '(1/4)',
    ' (1/4)',
    'Map(1/4)',
    'Map (1/4)#0 and more',
    'Map (9999999999/99999999999)',
  ])('are null for the thread %j', (thread) => {
    expect(of(thread)).toEqual([null, null])
  })

  it('are bounded, and come of any text without a throw', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 600 }),
        fc.constantFrom('', ' (1/4)', ' (3/16)#0', ' (0/0)', ' (1/1)#0 (ab).'),
        (name, tail) => {
          const [operator, subtask] = of(name + tail)
          return operator === null
            ? subtask === null
            : String(operator).length > 0 && String(operator).length <= MAX_NAME_CHARS && Number(subtask) >= 1
        },
      ),
    )
    expect(of(`${'x'.repeat(1_000)} (3/16)#0`)).toEqual(['x'.repeat(MAX_NAME_CHARS), 3])
  })

  it.each(['('.repeat(1_000_000), ' (1/4)'.repeat(200_000), `${' ('.repeat(500_000)}/`, '/'.repeat(1_000_000)])(
    'take time in proportion to a megabyte of a hostile thread',
    (thread) => {
      expect(of(thread)).toHaveLength(2)
    },
  )
})
