/** The bodies of scripted upserts: what an empty place is filled with, and what merges. */
import { expect, test } from 'vitest'
import { loadSettings } from '../../../../src/config/load.ts'
import { namesOf } from '../../../../src/config/names.ts'
import { detailTemplate } from '../../../../src/store/elasticsearch/schema.ts'
import { documentItem, ledgerItems } from '../../../../src/store/elasticsearch/updates.ts'
import { printTrace } from '../../../../src/store/logged-throwable.ts'
import { anEntry, anIdentity, aSample, anUpdate, hashed, T0, TRACE } from '../../../support/builders.ts'

interface Body {
  readonly scripted_upsert: boolean
  readonly script: { readonly id: string; readonly params: Record<string, unknown> }
  readonly upsert: Record<string, unknown>
}

const bodyOf = ({ body }: { body: string }): Body => JSON.parse(body) as Body
const item = (update: Parameters<typeof anUpdate>[0]) => bodyOf(documentItem(anUpdate(update), 'day', 'merge-1'))

test('the first flush carries the whole event, and no count of its own: the script counts', () => {
  const { scripted_upsert, script, upsert } = item({
    sample: aSample(),
    contributions: [{ contributor: 'c', block: 0, n: 3 }],
    hosts: hashed('host-1'),
  })
  expect(scripted_upsert).toBe(true)
  expect(script).toMatchObject({ id: 'merge-1', params: { parts: [{ c: 'c', b: 0, n: 3 }], first: T0, last: T0 } })
  expect(Object.values(script.params['hosts'] as object)).toEqual(['host-1'])
  expect(upsert).toMatchObject({
    '@timestamp': new Date(T0).toISOString(),
    job: 'orders',
    count: 0,
    marks: {},
    message: 'could not save order 17',
    labels: { tenant: 'acme' },
    error: { stack_trace: TRACE, message: 'order 17 has no lines' },
  })
})

test('what a rule says, and what engineers search for, is in fields of its own', () => {
  const classification = {
    category: 'out-of-memory',
    severity: 'critical',
    rule: 'heap-memory',
    advice: 'Take a heap dump.',
    link: 'docs/patterns.md#heap-memory',
  } as const
  const sample = aSample({ operator: 'Map', subtask: 3, envelopes: ['filebeat'], messageTemplate: 'order {} failed', timeMs: T0 - 5 })
  const { upsert, script } = item({
    identity: anIdentity({ classification }),
    sample,
    operators: hashed('Map'),
    previous: hashed('v1:old'),
  })
  expect(upsert).toMatchObject({
    ...classification,
    why: 'the first own frame decided',
    operator: 'Map',
    subtask: 3,
    envelopes: ['filebeat'],
    layout: 'log4j2-json',
    message_template: 'order {} failed',
    sample_time: T0 - 5,
  })
  expect(Object.values(script.params['operators'] as object)).toEqual(['Map'])
  expect(Object.values(script.params['previous'] as object)).toEqual(['v1:old'])
  const { properties } = detailTemplate(namesOf('acme'), loadSettings({ file: null, env: {}, overrides: {} }).elasticsearch).template
    .mappings
  expect(Object.keys(upsert).filter((field) => !Object.hasOwn(properties, field))).toEqual([])
})

test('later flushes carry the identity, so that a missing document comes back', () => {
  const { upsert } = item({ sample: null })
  expect(upsert).toMatchObject({ job: 'orders', fingerprint: 'v1:0000000000000001', count: 0 })
  expect(upsert).not.toHaveProperty('message')
  expect(upsert).not.toHaveProperty('labels')
})

test('labels that Elasticsearch would refuse the whole document for are made to fit', () => {
  const context = new Map([
    ['a\0b', 'nul'],
    ['k'.repeat(40_000), 'long'],
    ['__proto__', 'own'],
    ['x'.repeat(255) + '😀', 'cut in half'],
    ['', 'empty'],
  ])
  const labels = item({ sample: aSample({ context }) }).upsert['labels'] as Record<string, string>
  expect(Object.values(labels).toSorted()).toEqual(['cut in half', 'empty', 'long', 'nul', 'own'])
  for (const key of Object.keys(labels)) {
    expect(key).not.toContain('\0')
    expect(key.length).toBeLessThanOrEqual(256)
    expect(key.isWellFormed()).toBe(true)
  }
})

test('blocks of one ledger document travel together and in order; others by themselves', () => {
  const entries = [
    anEntry({ block: 0, next: 2_000 }),
    anEntry({ day: '2026-11-21', block: 0 }),
    anEntry({ block: 2_000, next: 2_500, counts: { consumed: 5, counted: 5 } }),
  ]
  const items = ledgerItems(entries, 'ledger', 'merge-1')
  expect(items.map(({ id }) => id)).toEqual(['detail|main/error-logs/0/0|2026-11-20', 'detail|main/error-logs/0/0|2026-11-21'])
  expect(bodyOf(items[0] as (typeof items)[0]).script.params['parts']).toEqual([
    { c: 'main/error-logs/0/0', b: 0, n: 1, next: 2_000, counts: { consumed: 1, counted: 1 } },
    { c: 'main/error-logs/0/0', b: 2_000, n: 5, next: 2_500, counts: { consumed: 5, counted: 5 } },
  ])
  expect(ledgerItems([], 'ledger', 'merge-1')).toEqual([])
})

test('a structured throwable is printed as Java prints it', () => {
  const frame = { className: 'com.acme.A', method: 'run', file: 'A.java', line: 7 }
  const cause = {
    type: 'java.io.IOException',
    message: null,
    frames: [
      { ...frame, file: null, line: -2 },
      { ...frame, file: null, line: null },
      { ...frame, line: null },
    ],
    cause: null,
    suppressed: [],
  }
  const printed = printTrace({ type: 'com.acme.Wrapped', message: 'no', frames: [frame], cause, suppressed: [] })
  expect(printed.split('\n')).toEqual([
    'com.acme.Wrapped: no',
    '\tat com.acme.A.run(A.java:7)',
    'Caused by: java.io.IOException',
    '\tat com.acme.A.run(Native Method)',
    '\tat com.acme.A.run(Unknown Source)',
    '\tat com.acme.A.run(A.java)',
  ])
})

test("a document's place is the alias it was given and its own id", () => {
  const update = anUpdate({ identity: anIdentity({ job: 'billing' }) })
  expect(documentItem(update, 'acme-detail-2026.11.20', 's')).toMatchObject({ id: update.id, index: 'acme-detail-2026.11.20' })
})
