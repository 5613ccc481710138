/** Builders for the tests of delivery: alerts and notifications with defaults. */
import type { Alert, Notification } from '../../../../src/alert/alert.ts'
import { HOUR, MINUTE, T0 } from '../../../support/builders.ts'

export function anAlert({
  subject,
  rule,
  ...over
}: Partial<Omit<Alert, 'subject' | 'rule'>> & { subject?: Partial<Alert['subject']>; rule?: Partial<Alert['rule']> } = {}): Alert {
  const job = subject?.job === undefined ? 'orders' : subject.job
  return {
    key: `spike/${job}`,
    startsAtMs: T0,
    endsAtMs: null,
    status: 'firing',
    rule: { id: 'spike', title: 'Error spike', level: 'basic', ...rule },
    severity: 'high',
    subject: { job, environment: 'production', fingerprint: 'v1:0123456789abcdef', category: 'connection-refused', ...subject },
    what: 'ConnectException: Connection refused: <*>',
    culprit: 'com.acme.Orders.save:17',
    jobs: job === null ? [] : [job],
    jobCount: job === null ? 0 : 1,
    count: 1_234,
    usual: 12,
    hosts: 3,
    windowMs: 5 * MINUTE,
    why: '1,234 events in 5 minutes are more than 60, six times the usual 12.',
    sinceMs: T0 - 2 * MINUTE,
    isNew: false,
    advice: 'Check that the service listens on the address, and that no firewall stands between.',
    links: [
      { title: 'Errors of the job', url: 'https://tracefold.example.com/#/jobs/orders?from=-1h' },
      { title: 'Kibana', url: 'https://kibana.example.com/app/discover#/?_a=(query:(language:kuery))' },
    ],
    labels: { team: 'payments' },
    annotations: {},
    ...over,
  }
}

export function resolved(alert: Alert, endsAtMs = T0 + HOUR): Alert {
  return { ...alert, status: 'resolved', endsAtMs }
}

export function aNotification(over: Partial<Notification> = {}): Notification {
  return { id: '0123456789abcdef0123456789abcdef', receiver: 'oncall', group: 'rule=spike', alerts: [anAlert()], ...over }
}
