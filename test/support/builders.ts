/**
 * Builders for what the ports take, with defaults: a test names only what it is about. Ids follow from what they identify, as they do in
 * the product; nothing is random.
 */
import { createHash } from 'node:crypto'
import { WINDOW_MS, type ErrorEvent, type Fingerprint, type GroupedEvent, type Job, type Window } from '../../src/event.ts'
import type { Item } from '../../src/stream/item.ts'
import type { Partition } from '../../src/source/source.ts'
import { letterId, type DeadLetter } from '../../src/store/dead-letter.ts'
import type { DetailPart, DocumentIdentity, DocumentUpdate, Hashed, Sample, Settlement } from '../../src/store/detail-store.ts'
import type { LedgerEntry } from '../../src/store/ledger.ts'
import { contributorKey, type Progress } from '../../src/store/position.ts'
import type { RollupPart, RollupRow } from '../../src/store/rollup-store.ts'

/** 2026-11-20T10:00:00Z, the start of a minute, an hour and not of a day. */
export const T0 = Date.UTC(2026, 10, 20, 10)
export const MINUTE = WINDOW_MS
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR

export function aPartition(over: Partial<Partition> = {}): Partition {
  return { cluster: 'main', topic: 'error-logs', partition: 0, ...over }
}

export const TRACE = [
  'java.lang.IllegalStateException: order 17 has no lines',
  '\tat com.acme.Orders.check(Orders.java:42)',
  '\tat com.acme.Orders.save(Orders.java:17)',
].join('\n')

export function anEvent(over: Partial<ErrorEvent> = {}): ErrorEvent {
  return {
    layout: 'log4j2-json',
    envelopes: [],
    timeMs: T0,
    level: 'ERROR',
    logger: 'com.acme.Orders',
    thread: 'main',
    message: 'could not save order 17',
    messageTemplate: null,
    host: 'host-1',
    serviceName: 'orders',
    serviceVersion: '1.0.0',
    environment: 'prod',
    context: new Map([['tenant', 'acme']]),
    tags: [],
    throwable: { form: 'text', type: 'java.lang.IllegalStateException', message: 'order 17 has no lines', text: TRACE },
    truncated: false,
    ...over,
  }
}

/** An item as it would be by other rules. */
export function changed(
  item: Item,
  { previous = null, ...over }: { previous?: string | null } & Partial<Pick<GroupedEvent, 'classification' | 'operator' | 'subtask'>>,
): Item {
  if (item.kind !== 'ok') return item
  return { ...item, value: { ...item.value, ...over, grouping: { ...item.value.grouping, previous: previous as Fingerprint | null } } }
}

export function aSample(over: Partial<Sample> = {}): Sample {
  return { ...anEvent(), operator: null, subtask: null, ...over }
}

/** Brands are put on here: these are the borders of a test. */
export function anIdentity(
  over: Partial<Record<'job' | 'fp', string> & { window: number }> & Partial<Omit<DocumentIdentity, 'job' | 'fp' | 'window'>> = {},
): DocumentIdentity {
  const { job = 'orders', fp = 'v1:0000000000000001', window = T0, ...rest } = over
  return {
    job: job as Job,
    fp: fp as Fingerprint,
    window: window as Window,
    fpSite: 'v1:site000000000001',
    title: 'IllegalStateException: order <*> has no lines',
    culprit: 'com.acme.Orders.check:42',
    exceptionClass: 'java.lang.IllegalStateException',
    rootCauseClass: 'java.lang.IllegalStateException',
    classification: { category: 'bad_input', severity: 'medium', rule: 'acme', advice: null, link: null },
    environment: 'prod',
    serviceVersion: '1.0.0',
    level: 'ERROR',
    logger: 'com.acme.Orders',
    why: 'the first own frame decided',
    ...rest,
  }
}

export function hashed(...values: string[]): Hashed[] {
  return values.map((value) => ({ hash: createHash('sha256').update(value).digest('hex').slice(0, 8), value }))
}

export type UpdateOver = Partial<Omit<DocumentUpdate, 'identity' | 'id'>> & { identity?: DocumentIdentity }

export function anUpdate(over: UpdateOver = {}): DocumentUpdate {
  const identity = over.identity ?? anIdentity()
  return {
    id: createHash('sha256').update([identity.job, identity.fp, identity.window].join('\0')).digest('hex').slice(0, 32),
    identity,
    sample: null,
    contributions: [{ contributor: contributorKey(aPartition(), 0), block: 0, n: 1 }],
    firstMs: identity.window,
    lastMs: identity.window,
    hosts: [],
    messages: [],
    stacks: [],
    previous: [],
    operators: [],
    ...over,
  }
}

export function aProgress(over: Partial<Progress> = {}): Progress {
  return { partition: aPartition(), incarnation: 0, from: 0, next: 1, rules: 'r1', ...over }
}

export function anEntry(over: Partial<LedgerEntry> = {}): LedgerEntry {
  return {
    branch: 'detail',
    contributor: contributorKey(aPartition(), 0),
    day: '2026-11-20',
    block: 0,
    next: 1,
    counts: { consumed: 1, counted: 1 },
    ...over,
  }
}

export function aLetter(over: Partial<DeadLetter> = {}): DeadLetter {
  const letter = {
    stage: 'decode' as const,
    branch: null,
    reason: 'not_json' as const,
    detail: 'unexpected end of input',
    partition: aPartition(),
    incarnation: 0,
    offset: 0,
    index: 0,
    events: 1,
    timeMs: T0,
    job: null,
    body: Buffer.from('{"broken'),
    bodyTruncated: false,
    ...over,
  }
  return { id: letterId(letter.partition, letter.incarnation, letter.offset, letter.index, letter.stage, letter.branch), ...letter }
}

export function aDetailPart(documents: readonly DocumentUpdate[], settlement: Partial<Settlement> = {}): DetailPart {
  return { documents, settle: () => ({ ledger: [], letters: [], progress: [], ...settlement }) }
}

export function aRow(over: Partial<RollupRow> = {}): RollupRow {
  const windowMs = over.windowMs ?? T0
  return {
    windowMs,
    job: 'orders',
    environment: 'prod',
    serviceVersion: '1.0.0',
    exceptionClass: 'java.lang.IllegalStateException',
    rootCauseClass: 'java.lang.IllegalStateException',
    fingerprint: 'v1:0000000000000001',
    fingerprintPrevious: null,
    fpSite: 'v1:site000000000001',
    category: 'bad_input',
    severity: 'medium',
    rule: 'acme',
    logger: 'com.acme.Orders',
    level: 'ERROR',
    culprit: 'com.acme.Orders.check:42',
    count: 1,
    hosts: ['host-1'],
    firstMs: windowMs,
    lastMs: windowMs,
    title: 'IllegalStateException: order <*> has no lines',
    sampleMessage: 'could not save order 17',
    ...over,
  }
}

export function aRollupPart(rows: readonly RollupRow[], over: Partial<RollupPart> = {}): RollupPart {
  return { progress: aProgress(), rows, ledger: [], letters: [], ...over }
}
