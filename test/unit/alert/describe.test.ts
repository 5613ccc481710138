import { describe, expect, test } from 'vitest'
import type { CountRow } from '../../../src/alert/alert-reader.ts'
import { messageOf } from '../../../src/alert/deliver/message.ts'
import { alertKey, type Wording } from '../../../src/alert/describe.ts'
import { evaluate } from '../../../src/alert/evaluate.ts'
import { aCountRow, aRule, Desk, PLAIN, rowsByMinute } from '../../support/alert-builders.ts'
import { DAY, MINUTE, T0 } from '../../support/builders.ts'

const WORDING: Wording = {
  links: { page: 'https://tracefold.acme.internal/', kibana: 'https://kibana.acme.internal', dataView: 'tracefold-detail' },
  adviceOf: (rule) => (rule === 'acme' ? 'Look at the order service.' : null),
}

function firedBy(over: Record<string, unknown>, rows: readonly CountRow[], wording = WORDING) {
  const desk = new Desk([aRule(over)])
  desk.read(T0, T0 + MINUTE, rows)
  const { index, table, baseline, groups } = desk
  const { news } = evaluate(
    { index, table, baseline, groups, pipeline: null, completeUntilMs: T0 + MINUTE, readUntilMs: T0 + MINUTE, wording },
    desk.state,
  )
  return news[0]!
}

describe('an alert says', () => {
  const rows = [
    ...rowsByMinute(T0, [150], { hosts: 4 }),
    ...rowsByMinute(T0, [30], { fingerprint: 'v1:02', title: 'SQLException: <*>', culprit: null, rule: null }),
  ]

  test("what, where, how much, since when, and what to do: those of the job's most frequent error", () => {
    expect(firedBy({ labels: { team: 'checkout' } }, rows)).toEqual({
      key: alertKey('a-rule', { job: 'orders', environment: 'prod', fingerprint: null, category: null }),
      startsAtMs: T0,
      endsAtMs: null,
      status: 'firing',
      rule: { id: 'a-rule', title: 'A rule', level: 'custom' },
      severity: 'high',
      subject: { job: 'orders', environment: 'prod', fingerprint: null, category: 'bad-input' },
      what: 'IllegalStateException: order <*> has no lines',
      culprit: 'com.acme.Orders.check:42',
      jobs: ['orders'],
      jobCount: 1,
      count: 180,
      usual: null,
      hosts: 4,
      windowMs: 10 * MINUTE,
      why: '180 events in 10 min, the threshold is 100',
      sinceMs: T0,
      isNew: false,
      advice: 'Look at the order service.',
      links: [
        { title: 'Tracefold', url: 'https://tracefold.acme.internal/?job=orders&since=2026-11-20T10%3A00%3A00.000Z' },
        {
          title: 'Kibana',
          url: expect.stringContaining(
            "/app/discover#/?_g=(time:(from:'2026-11-20T09%3A30%3A00.000Z',to:'2026-11-20T11%3A00%3A00.000Z'))&_a=(index:'tracefold-detail',query:(language:kuery,query:'job%3A%20%22orders%22%20and%20service.environment%3A%20%22prod%22'))",
          ),
        },
        { title: 'Alerts (acknowledge, silence)', url: 'https://tracefold.acme.internal/alerts.html' },
      ],
      labels: { team: 'checkout' },
      annotations: {},
    })
  })

  test('whether a group is new', () => {
    const alert = firedBy({ per: 'group' }, rows)
    expect(alert).toMatchObject({ isNew: true, subject: { fingerprint: 'v1:0000000000000001' } })
    expect(alert.links[0]?.url).toBe(
      'https://tracefold.acme.internal/?job=orders&key=v1%3A0000000000000001&since=2026-11-20T10%3A00%3A00.000Z',
    )
  })

  test('that an error is back, and after how long', () => {
    const [first, back] = [T0 - 15 * DAY, T0]
    const desk = new Desk([aRule({ per: 'group', condition: { new_group: { notSeenForDays: 14 } } })])
    desk.read(first, first + MINUTE, rowsByMinute(first, [1]))
    desk.read(back, back + MINUTE, rowsByMinute(back, [1]))
    const [alert] = desk.evaluate(back + MINUTE).began
    expect(alert).toMatchObject({ isNew: false, unseenMs: 15 * DAY - 30_000 })
    expect(firedBy({ per: 'group' }, rows)).not.toHaveProperty('unseenMs')
  })

  test("'unknown' where a condition has no such number", () => {
    const { annotations } = firedBy({ annotations: { note: '{{count}}, usually {{usual}}' } }, rows)
    expect(annotations).toEqual({ note: '180, usually unknown' })
  })

  test("a group's category, and a job's where all that happened is of one", () => {
    const rowsOf = (category: string | null, fingerprint: string, count: number) => rowsByMinute(T0, [count], { category, fingerprint })
    const categoryOf = (per: string, ...given: CountRow[][]) =>
      firedBy({ per, annotations: { category: '{{category}}' } }, given.flat(), PLAIN)
    const memory = rowsOf('out-of-memory', 'v1:01', 150)
    expect(categoryOf('group', memory)).toMatchObject({
      subject: { category: 'out-of-memory' },
      annotations: { category: 'out-of-memory' },
    })
    expect(categoryOf('group', memory, rowsOf('bad-input', 'v1:01', 3)).subject.category).toBe('out-of-memory')
    expect(categoryOf('job', memory)).toMatchObject({ subject: { category: 'out-of-memory' }, annotations: { category: 'out-of-memory' } })
    expect(categoryOf('job', memory, rowsOf('bad-input', 'v1:02', 3)).subject.category).toBeNull()
    expect(categoryOf('job', memory, rowsOf(null, 'v1:02', 3)).subject.category).toBeNull()
    expect(categoryOf('category', memory).subject.category).toBe('out-of-memory')
    expect(firedBy({ level: 'platform', per: 'platform' }, memory).subject.category).toBeNull()
  })

  test('at most ten jobs, and how many there are', () => {
    const many = Array.from({ length: 25 }, (_, i) => aCountRow({ job: `job-${i}`, count: 100 - i }))
    const alert = firedBy({ level: 'platform', per: 'platform' }, many)
    expect(alert).toMatchObject({ what: 'A rule', jobCount: 25, advice: null, isNew: false })
    expect(alert.jobs).toEqual(Array.from({ length: 10 }, (_, i) => `job-${i}`))
  })

  test("the rule's own words, filled in, and its own links, encoded", () => {
    const alert = firedBy(
      {
        annotations: { summary: '{{job}}: {{count}} in {{window}} since {{since}}, {{error}}' },
        links: [{ title: 'Runbook of {{job}}', url: 'https://wiki.acme.internal/?q={{error}}' }],
      },
      [aCountRow({ count: 1_200, title: 'X: {{job}} & co' })],
      PLAIN,
    )
    expect(alert.annotations).toEqual({ summary: 'orders: 1,200 in 10 min since 2026-11-20 10:00 UTC, X: {{job}} & co' })
    expect(alert.links).toEqual([{ title: 'Runbook of orders', url: 'https://wiki.acme.internal/?q=X%3A%20%7B%7Bjob%7D%7D%20%26%20co' }])
  })

  test.each([
    ['dead letters', { dead_letter_ratio: { over: '10m', above: 0.05, minimum: 1 } }, ['/api/v1/dead-letters', '/alerts.html']],
    ['blindness', { blind: { over: '2m' } }, ['/?since=2026-11-20T09%3A55%3A00.000Z', '/alerts.html']],
  ])('where to look at %s, what it counts, and what to do', (_, condition, links) => {
    const desk = new Desk([aRule({ level: 'platform', per: 'platform', condition })])
    const minutes = [
      { windowMs: T0 - 2 * MINUTE, consumed: 1_800, dead: 100, reasons: { truncated: 40, not_json: 60 } },
      { windowMs: T0 - MINUTE, consumed: 1_700, dead: 80, reasons: { truncated: 80 } },
    ]
    const { index, table, baseline, groups } = desk
    const pipeline = { nowMs: T0, minutes, lagMs: 0, blindSinceMs: T0 - 5 * MINUTE, blindWhy: null }
    const [alert] = evaluate(
      { index, table, baseline, groups, pipeline, completeUntilMs: T0, readUntilMs: T0, wording: WORDING },
      desk.state,
    ).news
    expect(alert?.links.map(({ url }) => url)).toEqual(links.map((path) => `https://tracefold.acme.internal${path}`))
    if (!('dead_letter_ratio' in condition)) return
    const [text] = messageOf({ id: '', receiver: '', group: '', alerts: [alert!] }).alerts
    expect(text?.facts).toEqual([
      { label: 'Where', text: 'all jobs' },
      { label: 'How much', text: '180 dead letters in 10 min' },
      { label: 'Since', text: '2026-11-20 09:58 UTC' },
      {
        label: 'Why',
        text: '5.1 % of 3,500 records became dead letters in 10 min, at most 5 % is expected: truncated 120, not_json 60 (rule: A rule)',
      },
      { label: 'Advice', text: expect.stringMatching(/^truncated: Raise the limit of the shipper/) },
    ])
  })

  test('what the rule wants of delivery, only where it wants something', () => {
    expect(firedBy({ receivers: ['oncall'], repeatInterval: '1h', exponentialRepeat: { upTo: '8h' } }, rows).delivery).toEqual({
      receivers: ['oncall'],
      groupBy: null,
      repeatIntervalMs: 3_600_000,
      maxRepeatIntervalMs: 8 * 3_600_000,
    })
    expect(firedBy({}, rows)).not.toHaveProperty('delivery')
  })

  test("links that a job's name cannot lead astray", () => {
    const links = firedBy({}, [aCountRow({ job: 'a"b\\c\'d!e&f=g#h', environment: null, count: 200 })]).links.map(({ url }) => url)
    expect(links[0]).toMatch(/^https:\/\/tracefold\.acme\.internal\/\?job=a%22b%5Cc%27d%21e%26f%3Dg%23h&since=/)
    expect(decodeURIComponent(links[1]!)).toContain('query:\'job: "a\\"b\\\\c!\'d!!e&f=g#h"\'')
  })
})

describe("an alert's key", () => {
  const subject = { job: 'orders', environment: 'prod', fingerprint: null, category: null }

  test('can be read, and is another for another rule or subject', () => {
    const keys = [
      alertKey('a', subject),
      alertKey('b', subject),
      alertKey('a', { ...subject, environment: null }),
      alertKey('a', { ...subject, fingerprint: 'v1:01' }),
      alertKey('a', { ...subject, job: 'orders prod' }),
      alertKey('a', { job: null, environment: null, fingerprint: null, category: 'timeout' }),
    ]
    expect(new Set(keys).size).toBe(keys.length)
    expect(keys.map((key) => key.replace(/[0-9a-f]{12}$/, '#'))).toEqual([
      'a:orders:#',
      'b:orders:#',
      'a:orders:#',
      'a:orders:#',
      'a:orders-prod:#',
      'a:timeout:#',
    ])
  })

  test('is the same in every version: receivers know alerts by it', () => {
    expect(alertKey('job-spike', subject)).toMatchInlineSnapshot(`"job-spike:orders:661aba6e7f8e"`)
  })
})
