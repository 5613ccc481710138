/** What the desk gives, as answers show it: snake_case, times as ISO 8601 in UTC. Pure. */
import type { z } from 'zod'
import type { Alert } from '../alert/alert.ts'
import type { EvaluationReport, ShownAlert, ShownGroup, ShownRule } from '../alert/desk.ts'
import type { ReceiverStatus, Undelivered } from '../alert/deliver/status.ts'
import type { Acknowledgement } from '../alert/hush.ts'
import type { RuleTest } from '../alert/rule-test.ts'
import type { Silence } from '../alert/silence.ts'
import type {
  acknowledgeAnswer,
  alertRow,
  episodeRow,
  evaluationAnswer,
  groupStateRow,
  receiversAnswer,
  ruleRow,
  silenceRow,
  testAnswer,
  undeliveredAnswer,
} from './alert-schemas.ts'
import { iso, isoOrNull } from './range.ts'

type Row<T extends z.ZodType> = z.output<T>

export function alertOf({ key, phase, rule, severity, subject, sinceMs, alert, acknowledged, hushed }: ShownAlert): Row<typeof alertRow> {
  const said = alert === null ? NOTHING_SAID : saidOf(alert)
  return {
    key,
    rule: { ...rule },
    severity,
    ...subject,
    since: iso(sinceMs),
    ...said,
    state: phase,
    acknowledged: acknowledged === null ? null : acknowledgedOf(acknowledged),
    hushed,
  }
}

export function episodeOf(alert: Alert): Row<typeof episodeRow> {
  const { key, rule, severity, subject, sinceMs } = alert
  return { key, rule: { ...rule }, severity, ...subject, since: iso(sinceMs), ...saidOf(alert) }
}

const NOTHING_SAID = {
  what: null,
  culprit: null,
  jobs: [],
  job_count: 0,
  count: null,
  counted: 'event',
  usual: null,
  hosts: null,
  window_seconds: null,
  why: null,
  starts_at: null,
  ends_at: null,
  ending: null,
  peak_count: null,
  is_new: false,
  advice: null,
  links: [],
  labels: {},
  annotations: {},
}

function saidOf(alert: Alert) {
  const {
    what,
    culprit,
    jobs,
    jobCount,
    count,
    noun = 'event',
    usual,
    hosts,
    windowMs,
    why,
    startsAtMs,
    endsAtMs,
    ending,
    peak,
    isNew,
    advice,
    links,
    labels,
    annotations,
  } = alert
  return {
    what,
    culprit,
    jobs: [...jobs],
    job_count: jobCount,
    count,
    counted: noun,
    usual,
    hosts,
    window_seconds: windowMs / 1_000,
    why,
    starts_at: iso(startsAtMs),
    ends_at: isoOrNull(endsAtMs),
    ending: ending ?? null,
    peak_count: peak?.count ?? count,
    is_new: isNew,
    advice,
    links: links.map(({ title, url }) => ({ title, url })),
    labels: { ...labels },
    annotations: { ...annotations },
  }
}

export function acknowledgementOf(acknowledgement: Acknowledgement): Row<typeof acknowledgeAnswer> {
  return { key: acknowledgement.key, starts_at: iso(acknowledgement.startsAtMs), ...acknowledgedOf(acknowledgement) }
}

function acknowledgedOf({ who, atMs, comment }: Acknowledgement) {
  return { who, at: iso(atMs), comment }
}

export function evaluationOf({ blind, refused, last, shards }: EvaluationReport): Row<typeof evaluationAnswer> {
  return {
    blind,
    refused,
    last:
      last === null
        ? null
        : {
            at: iso(last.atMs),
            queries: last.queries,
            read_ms: Math.round(last.readMs),
            evaluate_ms: Math.round(last.evaluateMs),
            alerts: last.alerts,
          },
    shards: shards.map(({ shard, owner, isOurs, evaluatedUntilMs }) => ({
      shard,
      owner,
      is_ours: isOurs,
      evaluated_until: isoOrNull(evaluatedUntilMs),
    })),
  }
}

export function ruleOf({ id, source, file, text, rule, inForce, written, faults }: ShownRule): Row<typeof ruleRow> {
  const said =
    rule === null
      ? { title: null, level: null, severity: null, per: null }
      : { title: rule.title, level: rule.level, severity: rule.severity, per: rule.per }
  return {
    id,
    source,
    file,
    in_force: inForce,
    ...said,
    text,
    written,
    faults: faults.map(({ line, field, why }) => ({ line, field, why })),
  }
}

export function testOf({ rule, fromMs, toMs, pastFromMs, rows, episodes }: RuleTest): Row<typeof testAnswer> {
  return {
    rule: rule.id,
    from: iso(fromMs),
    to: iso(toMs),
    past_from: iso(pastFromMs),
    rows,
    episodes: episodes.map(({ alert }) => episodeOf(alert)),
  }
}

export function silenceOf({ id, match, fromMs, untilMs, who, comment }: Silence): Row<typeof silenceRow> {
  const copied = Object.entries(match).map(([field, patterns]) => [field, typeof patterns === 'string' ? patterns : [...patterns]])
  return {
    id,
    match: Object.fromEntries(copied) as Record<string, string | string[]>,
    from: iso(fromMs),
    until: iso(untilMs),
    who,
    comment,
  } // pairs of just that
}

export function groupOf({ record, state }: ShownGroup): Row<typeof groupStateRow> {
  const { job, fingerprint, firstSeenMs, lastSeenMs, resolvedAtMs, regressedAtMs, mute, changes } = record
  return {
    job,
    fingerprint,
    state,
    first_seen: iso(firstSeenMs),
    last_seen: iso(lastSeenMs),
    resolved_at: isoOrNull(resolvedAtMs),
    regressed_at: isoOrNull(regressedAtMs),
    mute:
      mute === null
        ? null
        : { since: iso(mute.sinceMs), until: isoOrNull(mute.untilMs), until_count: mute.untilCount, counted: mute.counted },
    changes: changes.map(({ to, who, atMs, comment }) => ({ to, who, at: iso(atMs), comment })),
  }
}

export function undeliveredOf(undelivered: readonly Undelivered[]): Row<typeof undeliveredAnswer> {
  return {
    undelivered: undelivered.map(({ id, receiver, group, reason, lastError, tries, alerts, atMs }) => ({
      id,
      receiver,
      group,
      reason,
      last_error: lastError,
      tries,
      alerts,
      at: iso(atMs),
    })),
  }
}

export function receiversOf(receivers: readonly ReceiverStatus[]): Row<typeof receiversAnswer> {
  return {
    receivers: receivers.map(({ name, type, waiting, alerts, sent, retried, undelivered, lastSentMs, lastError }) => ({
      name,
      type,
      waiting,
      alerts,
      sent,
      retried,
      undelivered,
      last_sent: isoOrNull(lastSentMs),
      last_error: lastError === null ? null : { at: iso(lastError.atMs), message: lastError.message, retriable: lastError.retriable },
    })),
  }
}
