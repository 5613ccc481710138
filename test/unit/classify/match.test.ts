import { describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { createAnalyser } from '../../../src/classify/analyse.ts'
import { readRuleFile } from '../../../src/classify/rule-file.ts'
import { ruleOf, type PatternRule } from '../../../src/classify/rule.ts'
import type { ErrorEvent } from '../../../src/event.ts'
import { createFingerprinter } from '../../../src/fingerprint/fingerprint.ts'
import { anEvent } from '../../support/builders.ts'

function aRule(id: string, match: Record<string, string[]>): PatternRule {
  const fields = {
    title: id,
    id,
    status: 'stable',
    category: id,
    severity: 'low',
    match,
    meaning: 'what',
    examples: { match: ['x'], no_match: ['y'] },
  }
  const result = readRuleFile(stringify(fields))
  if ('faults' in result) throw new Error(JSON.stringify(result.faults))
  return ruleOf(`${id}.yml`, result.value)
}

function analyserOf(...rules: PatternRule[]) {
  return createAnalyser({ fingerprint: { ownPackages: [] }, patterns: { rules, digest: '' } })
}

function categoryOf(rule: PatternRule, event: ErrorEvent): string | null {
  return analyserOf(rule)(event).classification?.category ?? null
}

const event = anEvent({
  logger: 'org.apache.flink.Task',
  message: 'Checkpoint 7 expired',
  throwable: {
    form: 'text',
    type: null,
    message: null,
    text: 'com.acme.Jobs$OrderException: order 42 lost\n\tat com.acme.Job.run(Job.java:1)\nCaused by: java.io.IOException: Broken pipe\n\tat sun.nio.ch.IOUtil.write(IOUtil.java:1)',
  },
})

describe('a rule matches', () => {
  it.each([
    ['the outermost exception', { exception: ['com.acme.Jobs.OrderException'] }, true],
    ['the root', { exception: ['java.io.IOException'] }, true],
    ['a simple name', { exception: ['OrderException'] }, true],
    ['a class of its package, moved into another one', { exception: ['acme.Jobs.OrderException'] }, true],
    ['not where the package only ends alike', { exception: ['cme.Jobs.OrderException'] }, false],
    ['a name with a star, moved into another package', { exception: ['acme.Jobs.*'] }, true],
    ['not a part of a simple name', { exception: ['Exception'] }, false],
    ['a name with a star at its end', { exception: ['com.acme.*'] }, true],
    ['a name with a star within', { exception: ['com.*.Jobs.*Exception'] }, true],
    ['not where parts overlap', { exception: ['java.io.IOException*Exception'] }, false],
    ['words of the same exception', { exception: ['IOException'], message: ['broken PIPE'] }, true],
    ['not words of another exception', { exception: ['OrderException'], message: ['broken pipe'] }, false],
    ['not words of the log message, where an exception is asked for', { exception: ['IOException'], message: ['checkpoint'] }, false],
    ['words of any exception', { message: ['broken pipe'] }, true],
    ['words of the log message', { message: ['nothing', '/checkpoint \\d+ expired/'] }, true],
    ['a logger', { logger: ['org.apache.flink.*'] }, true],
    ['not another logger', { logger: ['org.apache.kafka.*'], exception: ['IOException'] }, false],
    ['a frame', { frame: ['com.acme.Job.run'] }, true],
    ['not another frame', { frame: ['com.acme.Job.stop'] }, false],
  ])('%s', (_, match, expected) => expect(categoryOf(aRule('one', match as Record<string, string[]>), event)).toBe(expected ? 'one' : null))
})

describe('an exception of which only a message tells', () => {
  const timeout = aRule('timeout', { exception: ['java.net.SocketTimeoutException'], message: ['read timed out'] })
  const text = (trace: string) => ({
    ...event,
    message: 'Got exception',
    throwable: { ...event.throwable!, text: trace } as ErrorEvent['throwable'],
  })
  const frame = '\n\tat com.acme.Job.run(Job.java:1)'

  it.each([
    ['as its whole text', `a.TransportException: java.net.SocketTimeoutException: Read timed out${frame}`, true],
    ['within another one', `a.B: a.HiveException: java.net.SocketTimeoutException: Read timed out${frame}`, true],
    ['of a cause', `a.B: failed${frame}\nCaused by: a.C: java.net.SocketTimeoutException: Read timed out${frame}`, true],
    ['not in the midst of words', `a.B: call failed: java.net.SocketTimeoutException: Read timed out${frame}`, false],
    ['not with the words of another one', `a.B: read timed out java.net.SocketTimeoutException: closed${frame}`, false],
  ])('counts: %s', (_, trace, expected) => expect(categoryOf(timeout, text(trace))).toBe(expected ? 'timeout' : null))

  it.each([
    ['the log message, without a throwable', 'java.net.SocketTimeoutException: Read timed out', true],
    ['not words of the log message', 'read timed out', false],
  ])('counts: %s', (_, message, expected) =>
    expect(categoryOf(timeout, { ...event, message, throwable: null })).toBe(expected ? 'timeout' : null),
  )

  it('is no class where it does not look like one', () => {
    const orders = aRule('orders', { exception: ['com.acme.*'] })
    expect(categoryOf(orders, text(`a.B: com.acme.orders: not found${frame}`))).toBeNull()
    expect(categoryOf(orders, text(`a.B: com.acme.OrderException: not found${frame}`))).toBe('orders')
  })

  it('ends, however often messages repeat', () => {
    const nested = 'a.AException: b.BException: '.repeat(500)
    expect(categoryOf(timeout, text(`${nested}x${frame}`))).toBeNull()
  })
})

describe('of several rules', () => {
  const byClass = aRule('by-class', { exception: ['IOException'] })
  const byMessage = aRule('by-message', { message: ['checkpoint'] })

  it('the first wins, also where it waits for the log message', () => {
    expect(analyserOf(byMessage, byClass)(event).classification?.rule).toBe('by-message')
    expect(analyserOf(byClass, byMessage)(event).classification?.rule).toBe('by-class')
  })

  it('the log message of each event counts, although the trace is known', () => {
    const analyse = analyserOf(byMessage, byClass)
    expect(analyse(event).classification?.rule).toBe('by-message')
    expect(analyse({ ...event, message: 'task failed' }).classification?.rule).toBe('by-class')
    expect(analyse(event).classification?.rule).toBe('by-message')
  })

  it('the logger of each event counts, although the trace is known', () => {
    const analyse = analyserOf(aRule('flink', { logger: ['org.apache.flink.*'] }))
    expect([event, { ...event, logger: 'a.B' }, event].map((one) => analyse(one).classification?.rule)).toEqual([
      'flink',
      undefined,
      'flink',
    ])
  })
})

describe('a swap of the rules', () => {
  it('counts from the next event on, for known traces as for new ones, and leaves groupings as they are', () => {
    const analyse = analyserOf(aRule('old', { exception: ['IOException'] }))
    const before = analyse(event)
    analyse.use({ rules: [aRule('new', { message: ['checkpoint'] })], digest: 'new' })
    const after = analyse(event)
    expect([before.classification?.rule, after.classification?.rule]).toEqual(['old', 'new'])
    expect(after.grouping).toEqual(before.grouping)
    analyse.use({ rules: [], digest: 'none' })
    expect(analyse(event).classification).toBeNull()
  })

  it('counts for events without a throwable', () => {
    const plain = { ...event, throwable: null }
    const analyse = analyserOf(aRule('old', { message: ['checkpoint'] }))
    expect(analyse(plain).classification?.rule).toBe('old')
    analyse.use({ rules: [aRule('new', { message: ['expired'] })], digest: 'new' })
    expect(analyse(plain).classification?.rule).toBe('new')
  })
})

describe('an analysis', () => {
  it('groups as the fingerprinter does', () => {
    expect(analyserOf()(event).grouping).toEqual(createFingerprinter({ ownPackages: [] })(event))
  })

  it('without rules has no category', () => expect(analyserOf()(event).classification).toBeNull())
})
