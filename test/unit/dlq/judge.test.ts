/** What a letter's events are by the rules of now: which outcomes of its record it stands for, and whether a record is the letter's at all. */
import { describe, expect, test } from 'vitest'
import { schema } from '../../../src/config/schema.ts'
import type { ErrorEvent, Outcome } from '../../../src/event.ts'
import { Judge, type Verdict } from '../../../src/dlq/judge.ts'
import type { SourceRecord } from '../../../src/source/source.ts'
import type { DeadLetter } from '../../../src/store/dead-letter.ts'
import { aLetter, anEvent, MINUTE, T0 } from '../../support/builders.ts'
import { someRules } from '../../support/rules.ts'

const SETTINGS = schema.parse({})

/** Rules that find these outcomes in every record. */
function judgeOf(outcomes: readonly Outcome<ErrorEvent>[], recordsAreTimed = true): Judge {
  const rules = someRules(SETTINGS, { decode: () => outcomes })
  return new Judge({ settings: SETTINGS, rules: () => rules, now: () => T0 + MINUTE, recordsAreTimed })
}

const ok = (message: string, over: Partial<ErrorEvent> = {}): Outcome<ErrorEvent> => ({ kind: 'ok', value: anEvent({ message, ...over }) })
const dead: Outcome<ErrorEvent> = { kind: 'dead', reason: 'not_json', detail: 'still' }
const record = (over: Partial<SourceRecord> = {}): SourceRecord => ({
  offset: 0,
  timestampMs: T0,
  key: null,
  value: Buffer.from('x'),
  headers: {},
  ...over,
})

function messages(verdict: Verdict | null): string[] | string | null {
  if (verdict?.kind !== 'items') return verdict === null ? null : verdict.kind
  return verdict.items.map((item) => (item.kind === 'ok' ? item.value.event.message : item.kind))
}

describe('a letter of decoding', () => {
  test('stands for the outcome at its place, as long as the record has as many as it had', () => {
    const outcomes = [ok('a'), ok('b'), ok('c')]
    expect(messages(judgeOf(outcomes).bySource(aLetter({ index: 1, outOf: 3 }), record()))).toEqual(['b'])
  })

  test('that was the only one stands for all that the record holds by now', () => {
    expect(messages(judgeOf([ok('a'), dead, ok('c')]).bySource(aLetter({ index: 0, outOf: 1 }), record()))).toEqual(['a', 'dead', 'c'])
  })

  test('that was the last one stands for the rest', () => {
    expect(messages(judgeOf([ok('a'), ok('b'), ok('c'), ok('d')]).bySource(aLetter({ index: 2, outOf: 3 }), record()))).toEqual(['c', 'd'])
  })

  test.each([
    ['one in the middle', { index: 1, outOf: 4 }, [ok('a'), ok('b')]],
    ['a last one that the record has no place for', { index: 2, outOf: 3 }, [ok('a')]],
    ['the first of several, unsaid of how many', { index: 0 }, [ok('a'), ok('b')]],
    ['a later one, unsaid of how many', { index: 1 }, [ok('a'), ok('b')]],
  ] as const)('of which nobody can tell is left alone: %s', (_, over, outcomes) => {
    expect(messages(judgeOf(outcomes).bySource(aLetter({ reason: 'not_json', ...over }), record()))).toBe('unclear')
  })

  test('of an earlier version is understood where the reason speaks of the whole record, or there is but one event', () => {
    expect(messages(judgeOf([ok('a'), ok('b')]).bySource(aLetter({ reason: 'too_large', index: 0 }), record()))).toEqual(['a', 'b'])
    expect(messages(judgeOf([ok('a')]).bySource(aLetter({ reason: 'not_json', index: 0 }), record()))).toEqual(['a'])
  })

  test('is not taken for another record at the same offset', () => {
    expect(judgeOf([ok('a')]).bySource(aLetter({ timeMs: T0 }), record({ timestampMs: T0 + 1 }))).toBeNull()
  })

  test('from its copy has the job that the letter names, unless the event names one itself', () => {
    const jobOf = (verdict: Verdict): string | null =>
      verdict.kind === 'items' && verdict.items[0]?.kind === 'ok' ? verdict.items[0].value.job : null
    const letter = aLetter({ job: 'by-header' })
    expect(jobOf(judgeOf([ok('a', { serviceName: null, context: new Map() })]).byCopy(letter))).toBe('by-header')
    expect(jobOf(judgeOf([ok('a', { serviceName: null, context: new Map([['job', 'by-event']]) })]).byCopy(letter))).toBe('by-event')
  })

  test('from a copy that is cut gives events that say so', () => {
    const verdict = judgeOf([ok('a'), dead]).byCopy(aLetter({ outOf: 1, bodyTruncated: true }))
    expect(verdict).toMatchObject({
      items: [
        { kind: 'ok', value: { event: { truncated: true } } },
        { kind: 'dead', letter: { bodyTruncated: true } },
      ],
    })
  })

  test('of a source without times of its own counts when it was read, as it would have then', () => {
    const old = T0 - 400 * 24 * 60 * MINUTE
    const timeOf = (verdict: Verdict): number | null =>
      verdict.kind === 'items' && verdict.items[0]?.kind === 'ok' ? verdict.items[0].value.timeMs : null
    expect(timeOf(judgeOf([ok('a', { timeMs: old })], false).byCopy(aLetter()))).toBe(old)
    expect(timeOf(judgeOf([ok('a', { timeMs: old })], true).byCopy(aLetter()))).toBe(T0)
    expect(timeOf(judgeOf([ok('a', { timeMs: null })], false).byCopy(aLetter({ timeMs: T0 - 5 })))).toBe(T0 - 5)
  })
})

describe('a letter of a refused document', () => {
  const refused = (over: Partial<DeadLetter> = {}): DeadLetter =>
    aLetter({
      stage: 'store',
      branch: 'detail',
      reason: 'refused_by_store',
      events: 7,
      job: 'orders',
      index: 1,
      body: bodyOf(anEvent({ message: 'from the copy' })),
      ...over,
    })

  test('is the event at its place in the record, as many times as it stands for', () => {
    const verdict = judgeOf([dead, ok('b', { context: new Map([['job', 'orders']]) })]).bySource(refused(), record())
    expect([messages(verdict), verdict?.kind === 'items' && verdict.n]).toEqual([['b'], 7])
  })

  test.each([
    ['another job', ok('b', { context: new Map([['job', 'another']]) })],
    ['another minute', ok('b', { context: new Map([['job', 'orders']]), timeMs: T0 - MINUTE })],
    ['no event', dead],
  ] as const)('is not taken for a record of %s', (_, outcome) => {
    expect(judgeOf([dead, outcome]).bySource(refused(), record())).toBeNull()
  })

  test('comes from its copy as it was', () => {
    const verdict = judgeOf([]).byCopy(refused())
    expect(verdict).toMatchObject({
      n: 7,
      items: [
        {
          kind: 'ok',
          value: { job: 'orders', timeMs: T0, event: { ...anEvent({ message: 'from the copy' }), context: new Map([['tenant', 'acme']]) } },
        },
      ],
    })
  })

  test('comes from a copy that was cut as far as that goes', () => {
    const body = bodyOf(anEvent({ message: 'long' }))
    for (let at = body.length - 1; at > 200; at -= 17) {
      const verdict = judgeOf([]).byCopy(refused({ body: body.subarray(0, at), bodyTruncated: true }))
      expect(verdict).toMatchObject({ items: [{ value: { job: 'orders', event: { message: 'long', truncated: true } } }] })
    }
  })

  test('of which nothing is left is left alone', () => {
    expect(messages(judgeOf([]).byCopy(refused({ body: Buffer.from('{"la') })))).toBe('unclear')
  })
})

/** As detail/refusal.ts writes it. */
function bodyOf(event: ErrorEvent): Buffer {
  return Buffer.from(JSON.stringify({ ...event, context: Object.fromEntries(event.context) }))
}

test('the copy of a record that had no timestamp is counted at the time that its event says by now', () => {
  const verdict = judgeOf([ok('a', { timeMs: T0 })]).byCopy(aLetter({ timeMs: 0, outOf: 1 }))
  expect(verdict).toMatchObject({ kind: 'items', items: [{ kind: 'ok', value: { timeMs: T0, originalTimeMs: null } }] })
})
