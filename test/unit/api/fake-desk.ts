/** A desk in memory for the API's own tests: it remembers what it was asked, and answers what it was given. */
import type { Alert } from '../../../src/alert/alert.ts'
import type { AlertDesk, ShownAlert } from '../../../src/alert/desk.ts'
import type { GroupRecord } from '../../../src/alert/group-book.ts'
import { TracefoldError } from '../../../src/errors.ts'
import { aRule } from '../../support/alert-builders.ts'
import { NOW } from './fakes.ts'

export function anAlert(over: Partial<Alert> = {}): Alert {
  return {
    key: 'job-spike:orders:5f2d',
    startsAtMs: NOW - 600_000,
    endsAtMs: null,
    status: 'firing',
    rule: { id: 'job-spike', title: 'A job fails far more than usual', level: 'basic' },
    severity: 'high',
    subject: { job: 'orders', environment: 'prod', fingerprint: null, category: null },
    what: 'ConnectException: Connection refused: <*>',
    culprit: 'com.acme.Orders.load:41',
    jobs: ['orders'],
    jobCount: 1,
    count: 1_204,
    usual: 12.5,
    hosts: 8,
    windowMs: 900_000,
    why: '1,204 events in 15m, usually 12.5',
    sinceMs: NOW - 660_000,
    isNew: false,
    advice: 'Check that the service runs.',
    links: [{ title: 'Tracefold', url: 'https://tracefold.example/?job=orders' }],
    labels: { team: 'payments' },
    annotations: { note: 'since noon' },
    ...over,
  }
}

export function aShownAlert(over: Partial<ShownAlert> = {}): ShownAlert {
  const alert = over.alert === undefined ? anAlert() : over.alert
  return {
    key: 'job-spike:orders:5f2d',
    phase: 'firing',
    rule: anAlert().rule,
    severity: 'high',
    subject: anAlert().subject,
    sinceMs: NOW - 660_000,
    alert,
    acknowledged: null,
    hushed: null,
    ...over,
  }
}

export function aGroupRecord(over: Partial<GroupRecord> = {}): GroupRecord {
  return {
    version: 1,
    job: 'orders',
    fingerprint: 'v1:01',
    firstSeenMs: NOW - 9e8,
    lastSeenMs: NOW - 60_000,
    appeared: { atMs: NOW - 9e8, afterMs: null },
    resolvedAtMs: null,
    regressedAtMs: null,
    mute: null,
    changes: [],
    ...over,
  }
}

export interface FakeDesk extends AlertDesk {
  /** Name of the method and what it was asked. */
  readonly asked: [string, ...unknown[]][]
}

export function fakeDesk(over: Partial<AlertDesk> = {}): FakeDesk {
  const asked: [string, ...unknown[]][] = []
  const answering =
    <T>(name: string, value: () => T) =>
    async (...args: unknown[]): Promise<T> => (asked.push([name, ...args]), value())
  const rule = aRule({ id: 'orders-fail' })
  const desk: AlertDesk = {
    alerts: answering('alerts', () => [aShownAlert()]),
    history: answering('history', () => [anAlert({ status: 'resolved', endsAtMs: NOW })]),
    acknowledge: answering('acknowledge', () => ({
      version: 1 as const,
      key: 'job-spike:orders:5f2d',
      startsAtMs: NOW - 600_000,
      who: 'ada',
      atMs: NOW,
      comment: null,
    })),
    unacknowledge: answering('unacknowledge', () => {}),
    rules: answering('rules', () => [
      {
        id: 'job-spike',
        source: 'built-in' as const,
        file: 'alerts/job-spike.yml',
        text: 'a',
        rule,
        inForce: false,
        written: null,
        faults: [],
      },
      { id: 'job-spike', source: 'api' as const, file: null, text: 'b', rule: null, inForce: false, written: null, faults: [] },
      {
        id: 'orders-fail',
        source: 'file' as const,
        file: 'orders-fail.yml',
        text: 'c',
        rule,
        inForce: true,
        written: 'c, with a slip',
        faults: [{ line: 3, field: 'per', why: 'expected job' }],
      },
      { id: 'quiet', source: 'built-in' as const, file: 'alerts/quiet.yml', text: 'd', rule, inForce: true, written: null, faults: [] },
    ]),
    putRule: answering('putRule', () => ({
      id: 'orders-fail',
      source: 'api' as const,
      file: null,
      text: 'c',
      rule,
      inForce: true,
      written: null,
      faults: [],
    })),
    deleteRule: answering('deleteRule', () => {}),
    testRule: answering('testRule', () => ({
      rule,
      fromMs: NOW - 3_600_000,
      toMs: NOW,
      pastFromMs: NOW - 7_200_000,
      rows: 7,
      episodes: [{ key: 'k', startsAtMs: NOW - 600_000, endsAtMs: null, alert: anAlert() }],
    })),
    silences: answering('silences', () => [
      {
        version: 1 as const,
        id: 's-1',
        match: { job: ['orders*', 'payments'] },
        fromMs: NOW,
        untilMs: NOW + 3_600_000,
        who: 'ada',
        comment: '',
      },
    ]),
    silence: answering('silence', () => ({
      version: 1 as const,
      id: 's-2',
      match: { job: 'orders' },
      fromMs: NOW,
      untilMs: NOW + 3_600_000,
      who: 'ada',
      comment: 'migration',
    })),
    unsilence: answering('unsilence', () => {}),
    group: answering('group', () => ({ record: aGroupRecord(), state: 'ongoing' as const })),
    groups: async (names) => (
      asked.push(['groups', names]),
      names.map(({ fingerprint }) =>
        fingerprint === 'v1:unknown' ? null : { record: aGroupRecord({ fingerprint }), state: 'resolved' as const },
      )
    ),
    changeGroup: answering('changeGroup', () => ({
      record: aGroupRecord({ resolvedAtMs: NOW, changes: [{ to: 'resolved', who: 'ada', atMs: NOW, comment: null }] }),
      state: 'resolved' as const,
    })),
    undelivered: answering('undelivered', () => [
      {
        id: null,
        receiver: 'on-call',
        group: 'job=orders',
        reason: 'gave_up' as const,
        lastError: 'HTTP 503',
        tries: 9,
        alerts: 2,
        atMs: NOW,
      },
    ]),
    receivers: answering('receivers', () => [
      {
        name: 'on-call',
        type: 'webhook' as const,
        waiting: 1,
        alerts: 2,
        sent: 40,
        retried: 3,
        undelivered: 1,
        lastSentMs: NOW,
        lastError: { atMs: NOW, message: 'HTTP 503', retriable: true },
      },
    ]),
    evaluation: answering('evaluation', () => ({
      shards: [{ shard: 0, owner: 'host-17', isOurs: true, evaluatedUntilMs: NOW - 30_000 }],
      blind: null,
      last: { atMs: NOW, queries: 3, readMs: 12, evaluateMs: 4, alerts: 1 },
      refused: 0,
    })),
    ...over,
  }
  return { ...desk, asked }
}

/** A desk's method that fails. */
export function failing(code: ConstructorParameters<typeof TracefoldError>[0], message: string): () => Promise<never> {
  return async () => {
    throw new TracefoldError(code, message)
  }
}
