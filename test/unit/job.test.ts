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
    expect(resolve(event({ mdc: { env: 'test', hostname: 'b' }, environment: 'prod', host: 'a' }), record())).toMatchObject({ environment: 'test', host: 'b' })
    expect(resolve(event({}), record())).toMatchObject({ environment: null, host: null })
  })
})
