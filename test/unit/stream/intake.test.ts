/** The front of both branches: what becomes of a record, by the record, its position and the rules alone. */
import { describe, expect, test } from 'vitest'
import { schema, type Settings } from '../../../src/config/schema.ts'
import type { Fingerprint } from '../../../src/event.ts'
import { createFilter } from '../../../src/filter/filter.ts'
import { Intake } from '../../../src/stream/intake.ts'
import type { Item } from '../../../src/stream/item.ts'
import type { StreamRules } from '../../../src/rules/rules.ts'
import type { SourceRecord } from '../../../src/source/source.ts'
import { aPartition, DAY, HOUR, MINUTE, T0 } from '../../support/builders.ts'
import { byMessage, someRules } from '../../support/rules.ts'

const SETTINGS = schema.parse({ blockSize: 10, limits: { maxLetterBytes: 40, maxContextKeys: 64 } })

function anIntake(settings: Settings = SETTINGS, now = T0, over: Partial<StreamRules> = {}, recordsAreTimed = true): Intake {
  const intake = new Intake({
    settings,
    rules: { now: someRules(settings, over) },
    now: () => now,
    recordsAreTimed,
    metrics: null,
  })
  intake.open(aPartition(), 0, 0)
  return intake
}

function line(over: Record<string, unknown> = {}, timeMs: number | null = T0): string {
  const time = timeMs === null ? {} : { timeMillis: timeMs }
  return JSON.stringify({
    ...time,
    level: 'ERROR',
    loggerName: 'com.acme.Orders',
    message: 'broken',
    loggerFqcn: 'x',
    contextMap: { job: 'orders' },
    ...over,
  })
}

function aRecord(value: string | null, over: Partial<SourceRecord> = {}): SourceRecord {
  return { offset: 0, timestampMs: T0, key: null, headers: {}, value: value === null ? null : Buffer.from(value), ...over }
}

function read(records: SourceRecord[], intake = anIntake(), partition = aPartition()): Item[] {
  const last = records.at(-1)
  return intake.read({ partition, fetchedFrom: records[0]?.offset ?? 0, records, next: (last?.offset ?? -1) + 1, end: null })
}

function timesOf(item: Item | undefined) {
  return item?.kind === 'ok' ? { timeMs: item.value.timeMs, original: item.value.originalTimeMs, window: item.value.window } : item
}

describe('the filter', () => {
  const thrown = { thrown: { name: 'java.lang.IllegalStateException', message: 'x', extendedStackTrace: [] } }
  const cases = [
    { fact: 'keeps ERROR', value: line(), kind: 'ok' },
    { fact: 'keeps FATAL', value: line({ level: 'FATAL' }), kind: 'ok' },
    { fact: 'drops WARN', value: line({ level: 'WARN' }), kind: 'level' },
    { fact: 'keeps WARN with a throwable', value: line({ level: 'WARN', ...thrown }), kind: 'ok' },
    { fact: 'drops INFO with a throwable', value: line({ level: 'INFO', ...thrown }), kind: 'level' },
    { fact: 'drops a tombstone', value: null, kind: 'tombstone' },
  ]
  test.each(cases)('$fact', ({ value, kind }) => {
    const [item] = read([aRecord(value)])
    expect(item?.kind === 'drop' ? item.reason : item?.kind).toBe(kind)
  })
})

describe('with a record time', () => {
  const cases = [
    { fact: "an event's own time counts", own: T0 - 5 * MINUTE, counts: T0 - 5 * MINUTE, original: null },
    { fact: 'up to a week back', own: T0 - 7 * DAY, counts: T0 - 7 * DAY, original: null },
    { fact: 'and not further', own: T0 - 7 * DAY - 1, counts: T0, original: T0 - 7 * DAY - 1 },
    { fact: 'up to ten minutes ahead', own: T0 + 10 * MINUTE, counts: T0 + 10 * MINUTE, original: null },
    { fact: 'and not further ahead', own: T0 + 10 * MINUTE + 1, counts: T0, original: T0 + 10 * MINUTE + 1 },
    { fact: "an event without a time has the record's", own: null, counts: T0, original: null },
  ]
  test.each(cases)('$fact', ({ own, counts, original }) => {
    const [item] = read([aRecord(line({}, own))])
    expect(timesOf(item)).toEqual({ timeMs: counts, original, window: counts - (counts % MINUTE) })
  })

  test('a record from more than a day ahead is a dead letter, whatever it holds', () => {
    expect(read([aRecord(line(), { timestampMs: T0 + 24 * HOUR })])).toMatchObject([{ kind: 'ok' }])
    expect(read([aRecord(line(), { timestampMs: T0 + 24 * HOUR + 1 })])).toMatchObject([
      { kind: 'dead', letter: { reason: 'clock', events: 1 } },
    ])
  })

  test.each([Number.MAX_SAFE_INTEGER, 9.3e18, -1, -9e18])('a time that no date can hold (%d) harms nothing', (timestampMs) => {
    const [item] = read([aRecord('junk', { timestampMs })])
    expect(item?.day).toMatch(/^\d{4}-\d\d-\d\d$/)
    expect(item?.kind === 'dead' && new Date(item.letter.timeMs).toISOString().slice(0, 10)).toBe(item?.day)
  })
})

describe('a source that does not time its records', () => {
  const cases = [
    { fact: "the event's own time counts, however old", own: T0 - 300 * DAY, counts: T0 - 300 * DAY, original: null },
    { fact: 'but for one of a clock that was never set', own: 1_000, counts: T0, original: 1_000 },
    { fact: 'and one from more than a day ahead', own: T0 + 25 * HOUR, counts: T0, original: T0 + 25 * HOUR },
    { fact: 'an event without a time happened now', own: null, counts: T0, original: null },
  ]
  test.each(cases)('$fact', ({ own, counts, original }) => {
    const [item] = read([aRecord(line({}, own), { timestampMs: null })], anIntake(SETTINGS, T0, {}, false))
    expect(timesOf(item)).toMatchObject({ timeMs: counts, original })
  })
})

describe('a record of Kafka without a timestamp', () => {
  const untimed = (value: string, now = T0) => read([aRecord(value, { timestampMs: null })], anIntake(SETTINGS, now))
  const cases = [
    {
      fact: "the event's own time counts, however old",
      value: line({}, T0 - 300 * DAY),
      expected: { kind: 'ok', value: { timeMs: T0 - 300 * DAY } },
    },
    {
      fact: 'an event without a time is a dead letter',
      value: line({}, null),
      expected: { kind: 'dead', letter: { reason: 'no_timestamp' } },
    },
    {
      fact: 'so is one of a clock that was never set',
      value: line({}, 1_000),
      expected: { kind: 'dead', letter: { reason: 'no_timestamp' } },
    },
    {
      fact: 'and one from more than a day ahead',
      value: line({}, T0 + 25 * HOUR),
      expected: { kind: 'dead', letter: { reason: 'clock' } },
    },
    { fact: 'what is filtered is filtered', value: line({ level: 'INFO' }, null), expected: { kind: 'drop', reason: 'level' } },
    { fact: 'what cannot be decoded says so', value: 'junk', expected: { kind: 'dead', letter: { reason: 'not_json', timeMs: 0 } } },
  ]
  test.each(cases)('$fact', ({ value, expected }) => {
    expect(untimed(value)).toMatchObject([expected])
  })

  test('is decided alike whenever it is read: minute, day and letter', () => {
    for (const value of [line({}, T0 - 3 * DAY), line({}, null), line({}, 1_000), line({ level: 'INFO' }, null), 'junk'])
      expect(untimed(value, T0 + 40 * DAY)).toEqual(untimed(value))
  })
})

describe('an item', () => {
  test('knows its job, from the record where the event does not say', () => {
    const other = { contextMap: {} }
    const items = read([
      aRecord(line()),
      aRecord(line(other), { offset: 1, key: Buffer.from('by-key') }),
      aRecord(line(other), { offset: 2 }),
    ])
    expect(items.map((item) => item.kind === 'ok' && item.value.job)).toEqual(['orders', 'by-key', 'error-logs'])
  })

  test('several events of a record have an index each', () => {
    const items = read([aRecord([line(), line({ level: 'INFO' }), line({ message: 'other' })].join('\n'))])
    expect(items.map(({ offset, index, kind }) => [offset, index, kind])).toEqual([
      [0, 0, 'ok'],
      [0, 1, 'drop'],
      [0, 2, 'ok'],
    ])
  })

  test('holds no secret', () => {
    const [item] = read([aRecord(line({ message: 'login with password=hunter2 failed' }))])
    expect(JSON.stringify(item)).not.toContain('hunter2')
  })

  test('belongs to the block of its offset, and the block to the day of its first record', () => {
    const records = [9, 10, 19, 20].map((offset) => aRecord(line(), { offset, timestampMs: T0 + offset * HOUR }))
    const future = anIntake(SETTINGS, T0 + 3 * DAY)
    expect(read(records, future).map(({ block, day }) => [block, day])).toEqual([
      [0, '2026-11-20'],
      [10, '2026-11-20'],
      [10, '2026-11-20'],
      [20, '2026-11-21'],
    ])
  })

  test('below where a block was opened, belongs to the regular blocks', () => {
    const intake = anIntake()
    intake.open(aPartition(), 0, 14)
    const items = read(
      [3, 12, 13, 14, 19, 20].map((offset) => aRecord(line(), { offset })),
      intake,
    )
    expect(items.map(({ block }) => block)).toEqual([0, 10, 10, 14, 14, 20])
  })

  test('of a partition that is not open, is none', () => {
    const intake = anIntake()
    intake.drop(aPartition())
    expect(read([aRecord(line())], intake)).toEqual([])
  })

  test("falls into its job's overflow group past the limit of its block, and not in the next block", () => {
    const intake = anIntake({ ...SETTINGS, maxGroupsPerJob: 1 })
    const items = read(
      [0, 1, 2, 10].map((offset) => aRecord(line({ message: `m${offset}` }), { offset })),
      intake,
    )
    expect(items.map((item) => item.kind === 'ok' && item.value.grouping.fp)).toEqual(['v1:m0', 'v1:overflow', 'v1:overflow', 'v1:m10'])
  })
})

describe('a dead letter', () => {
  const junk = 'not json, password=hunter2, and a long tail that is cut somewhere here'
  const letters = (intake = anIntake(), partition = aPartition()) =>
    read([aRecord(junk, { offset: 7 }), aRecord(`${line()}\n{"broken`, { offset: 8 })], intake, partition).flatMap((item) =>
      item.kind === 'dead' ? [item.letter] : [],
    )

  test('is named by its position, alike in both branches and every replay', () => {
    const intake = anIntake()
    const first = letters(intake)
    expect(first.map(({ id }) => id)).toEqual(['main/error-logs/0/0@7#0:decode', 'main/error-logs/0/0@8#1:decode'])
    expect(letters(intake)).toEqual(first)
    expect(letters(anIntake(SETTINGS, T0 + HOUR))).toEqual(first)
  })

  test('of another incarnation of the topic is another letter', () => {
    const intake = anIntake()
    intake.open(aPartition(), 3, 0)
    expect(letters(intake)[0]?.id).toBe('main/error-logs/3/0@7#0:decode')
  })

  test('is redacted in its bytes and in its words, and cut', () => {
    const [letter] = letters()
    expect(`${letter?.body.toString()} ${letter?.detail}`).not.toContain('hunter2')
    expect(letter).toMatchObject({ bodyTruncated: true, job: 'error-logs', branch: null, stage: 'decode', timeMs: T0 })
  })
})

describe('filter rules', () => {
  const filterBy = (...rules: Parameters<typeof createFilter>[0]['rules']): Partial<StreamRules> => ({
    filter: createFilter({ rules }, SETTINGS.filter),
  })
  const outcomes = (items: readonly Item[]) => items.map((item) => (item.kind === 'drop' ? (item.rule ?? item.reason) : item.kind))

  test('an event is dropped by the first rule that matches it, and the rule is named', () => {
    const intake = anIntake(SETTINGS, T0, filterBy({ id: 'noisy', action: 'drop', match: { job: ['batch-*'] } }))
    const records = [
      aRecord(line({ contextMap: { job: 'batch-7' } })),
      aRecord(line(), { offset: 1 }),
      aRecord(line({ level: 'INFO' }), { offset: 2 }),
    ]
    expect(outcomes(read(records, intake))).toEqual(['noisy', 'ok', 'level'])
  })

  test('a rule by type looks at the outermost exception and at the root cause', () => {
    const analyse: StreamRules['analyse'] = (event, job) => {
      const analysed = byMessage(event, job)
      return {
        ...analysed,
        grouping: { ...analysed.grouping, exceptionClass: 'com.acme.Outer', rootCauseClass: 'java.net.ConnectException' },
      }
    }
    const intake = anIntake(SETTINGS, T0, { ...filterBy({ id: 'away', action: 'drop', match: { type: ['java.net.*'] } }), analyse })
    expect(outcomes(read([aRecord(line())], intake))).toEqual(['away'])
  })
})

test('the fingerprint by the rules before is told until the event time at which their change is over', () => {
  const analyse: StreamRules['analyse'] = (event, job) => {
    const analysed = byMessage(event, job)
    return { ...analysed, grouping: { ...analysed.grouping, previous: 'v1:before' as Fingerprint } } // the stage that brands them is not here
  }
  const intake = anIntake(SETTINGS, T0, { analyse, previousUntilMs: T0 })
  const items = read([aRecord(line({}, T0 - 1)), aRecord(line({}, T0), { offset: 1 })], intake)
  expect(items.map((item) => (item.kind === 'ok' ? item.value.grouping.previous : item.kind))).toEqual(['v1:before', null])
})

test("a secret in the record's key is no job's name", () => {
  const items = read([
    aRecord(line({ contextMap: {} }), { key: Buffer.from('jane.doe@example.com') }),
    aRecord('no json', { offset: 1, key: Buffer.from('jane.doe@example.com') }),
  ])
  expect(items.map((item) => (item.kind === 'ok' ? item.value.job : item.kind === 'dead' ? item.letter.job : null))).toEqual([
    '[redacted:email]',
    '[redacted:email]',
  ])
})
