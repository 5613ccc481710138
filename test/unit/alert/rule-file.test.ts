import { describe, expect, test } from 'vitest'
import { readAlertRule } from '../../../src/alert/rule-file.ts'
import { aRule } from '../../support/alert-builders.ts'

const GOOD = `
title: Orders fail
id: orders-fail
level: custom
severity: high
for: { job: orders-*, error: [ConnectException, com.acme.*], environment: prod }
per: job
condition:
  count: { over: 10m, atLeast: 500, perJob: { orders-batch: 5000 } }
pending: 2m
labels: { team: checkout }
annotations: { summary: "{{count}} events in {{ job }}" }
links: [{ title: Runbook, url: "https://wiki.acme.internal/orders?job={{job}}" }]
mute: [{ days: [sat, sun], from: '22:00', to: '06:00', zone: Asia/Shanghai }, { dates: [2026-12-24/2026-12-26] }]
receivers: [oncall]
repeatInterval: 4h
exponentialRepeat: { upTo: 1d }
`

function faultsOf(yaml: string): { line: number; field: string; why: string }[] {
  const read = readAlertRule(yaml)
  return 'faults' in read ? [...read.faults] : []
}

function faultFields(over: Record<string, unknown>): string[] {
  const rule = {
    title: 'A',
    id: 'a',
    level: 'custom',
    severity: 'high',
    per: 'job',
    condition: { count: { over: '5m', atLeast: 1 } },
    ...over,
  }
  return faultsOf(JSON.stringify(rule)).map(({ field }) => field)
}

describe('a rule file', () => {
  test('becomes a rule, with durations in ms and globs in lists', () => {
    const read = readAlertRule(GOOD)
    expect(read).toMatchObject({
      value: {
        id: 'orders-fail',
        rule: {
          matcher: { job: ['orders-*'], error: ['ConnectException', 'com.acme.*'], environment: ['prod'], category: null },
          condition: { kind: 'count', overMs: 600_000, threshold: { atLeast: 500, perJob: [{ job: 'orders-batch', atLeast: 5_000 }] } },
          pendingMs: 120_000,
          keepFiringMs: 300_000,
          mute: [
            { days: ['sat', 'sun'], dates: null, fromMinute: 22 * 60, toMinute: 6 * 60, zone: 'Asia/Shanghai' },
            { days: null, dates: [{ first: '2026-12-24', last: '2026-12-26' }], fromMinute: 0, toMinute: 0, zone: 'UTC' },
          ],
          repeatIntervalMs: 4 * 3_600_000,
          maxRepeatIntervalMs: 86_400_000,
        },
      },
    })
  })

  test('without a field that it needs says that it is missing', () => {
    expect(faultsOf(GOOD.replace('id: orders-fail\n', ''))).toEqual([
      { line: expect.any(Number) as number, field: 'id', why: 'is missing; expected string' },
    ])
  })

  test.each([
    ['severity', 'is missing; expected one of "critical"|"high"|"medium"|"low"', 'severity: high\n'],
    ['level', 'is missing; expected one of "basic"|"custom"|"platform"', 'level: custom\n'],
    ['per', 'is missing; expected one of "job"|"group"|"category"|"platform"', 'per: job\n'],
    ['condition.count.over', 'is missing; expected a duration such as 5m, 2h or 7d', 'over: 10m, '],
    ['condition.count.atLeast', 'is missing; expected number', 'atLeast: 500, '],
  ])('without %s says that it is missing', (field, why, text) => {
    expect(GOOD).toContain(text)
    expect(faultsOf(GOOD.replace(text, '')).map((fault) => [fault.field, fault.why])).toEqual([[field, why]])
  })

  test('with a field that says nothing says that it is missing', () => {
    expect(faultsOf(GOOD.replace('severity: high', 'severity:')).map(({ why }) => why)).toEqual([
      'is missing; expected one of "critical"|"high"|"medium"|"low"',
    ])
  })

  test('with a word that is none of those says which there are', () => {
    expect(faultsOf(GOOD.replace('severity: high', 'severity: urgent')).map(({ why }) => why)).toEqual([
      'Invalid option: expected one of "critical"|"high"|"medium"|"low"',
    ])
  })

  test('that is wrong in many places says so of each, with line, field and why', () => {
    const faults = faultsOf(
      [
        'title: Orders fail', // 1
        'id: Orders Fail', // 2
        'level: custom', // 3
        'severity: urgent', // 4
        'for: { job: /orders-.*/, fingerprints: x }', // 5
        'per: job', // 6
        'condition:', // 7
        '  count: { over: 90s, atLeast: 0 }', // 8
        'annotations: { summary: "{{cuont}}" }', // 9
        'links: [{ title: x, url: "javascript:alert(1)" }]', // 10
        'mute: [{ zone: Mars/Olympus, from: "25:00" }]', // 11
        'colour: red', // 12
      ].join('\n'),
    )
    expect(faults.map(({ line, field }) => `${line} ${field}`)).toEqual([
      '2 id',
      '4 severity',
      '5 for.job.0',
      '5 for.fingerprints',
      '8 condition.count.over',
      '8 condition.count.atLeast',
      '9 annotations.summary',
      '10 links.0.url',
      '11 mute.0.from',
      '11 mute.0.zone',
      '12 colour',
    ])
    expect(faults.find(({ field }) => field === 'for.job.0')?.why).toContain('regular expressions are not taken')
    expect(faults.find(({ field }) => field === 'annotations.summary')?.why).toContain('{{cuont}} is not known')
  })

  test('that is no YAML, or holds something else, is a fault and no crash', () => {
    for (const text of ['{', 'a: [', '- 1', 'null', '7', '&a [*a, *a]', 'title: [x]\ncondition: 3\nper: {}'])
      expect(faultsOf(text).length).toBeGreaterThan(0)
  })

  test('takes exactly one condition, or a list of them', () => {
    expect(faultFields({ condition: {} })).toEqual(['condition'])
    expect(faultFields({ condition: { count: { over: '5m', atLeast: 1 }, hosts: { over: '5m', atLeast: 2 } } })).toEqual(['condition'])
    expect(faultFields({ condition: { all: [{ count: { over: '5m', atLeast: 1 } }] } })).toEqual(['condition.all'])
    const joined = aRule({
      condition: {
        all: [
          { count: { over: '5m', atLeast: 100 } },
          { any: [{ hosts: { over: '5m', atLeast: 2 } }, { ratio: { over: '5m', atLeast: 3, minimum: 10 } }] },
        ],
      },
    })
    expect(joined.condition).toMatchObject({
      kind: 'all',
      of: [{ kind: 'count' }, { kind: 'any', of: [{ kind: 'hosts' }, { kind: 'ratio' }] }],
    })
  })

  test.each([
    ['a new group needs a group', { condition: { new_group: { notSeenForDays: 7 } } }, 'condition.new_group'],
    ['the pipeline has no jobs', { condition: { blind: { over: '2m' } } }, 'condition.blind'],
    [
      'jobs in trouble are counted over many',
      { condition: { jobs_in_trouble: { over: '5m', atLeast: 2, events: 1 } } },
      'condition.jobs_in_trouble',
    ],
    ['a platform rule is not per job', { level: 'platform' }, 'per'],
    ['a basic rule is not per platform', { level: 'basic', per: 'platform' }, 'per'],
    [
      'a category has no threshold of a job',
      { per: 'category', condition: { count: { over: '5m', atLeast: 1, perJob: { a: 2 } } } },
      'condition.count.perJob',
    ],
    ['a job has no fingerprint', { annotations: { x: '{{fingerprint}}' } }, 'annotations.x'],
    [
      'conditions on the pipeline and on counts do not mix',
      { per: 'platform', condition: { all: [{ blind: { over: '2m' } }, { count: { over: '5m', atLeast: 1 } }] } },
      'condition.all.0.blind',
    ],
    ['the pipeline has no error types', { per: 'platform', for: { job: 'a' }, condition: { blind: { over: '2m' } } }, 'for'],
    ['what is not repeated is not repeated less and less', { exponentialRepeat: { upTo: '1d' } }, 'exponentialRepeat'],
    [
      'what is repeated less and less is not repeated more often',
      { repeatInterval: '4h', exponentialRepeat: { upTo: '1h' } },
      'exponentialRepeat.upTo',
    ],
    ['nothing is repeated all the time', { repeatInterval: '0s' }, 'repeatInterval'],
    ["a label of an alert's own name", { labels: { severity: 'x' } }, 'labels.severity'],
    ['an address whose host comes out of a log', { links: [{ title: 'x', url: 'https://{{job}}/x' }] }, 'links.0.url'],
    ['a window that is longer than counts are kept', { condition: { count: { over: '2d', atLeast: 1 } } }, 'condition.count.over'],
    ['a mute window that is always open', { mute: [{}] }, 'mute.0'],
    [
      "a regular expression for a job's threshold",
      { condition: { count: { over: '5m', atLeast: 1, perJob: { '/a.*/': 2 } } } },
      'condition.count.perJob./a.*/',
    ],
  ])('%s', (_, over, field) => {
    expect(faultFields(over)).toEqual([field])
  })

  test.each([0, '0s', '0m'])('takes %j for not at all, where that says something', (zero) => {
    expect(aRule({ pending: zero, keepFiring: zero })).toMatchObject({ pendingMs: 0, keepFiringMs: 0 })
  })

  test('switches a rule off by its id alone, or by a word', () => {
    expect(readAlertRule('id: job-spike\nenabled: false')).toEqual({ value: { id: 'job-spike', rule: null } })
    expect(readAlertRule(`${GOOD}\nenabled: false`)).toEqual({ value: { id: 'orders-fail', rule: null } })
  })

  test('names a class as Java prints it or with dots', () => {
    expect(aRule({ for: { error: 'com.acme.Orders$Failed' } }).matcher.error).toEqual(['com.acme.Orders.Failed'])
  })
})
