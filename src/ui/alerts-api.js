// @ts-check
/**
 * Asking the API about alerts, and telling it what somebody decides.
 *
 * @typedef {{ key: string, state: 'firing' | 'pending' | 'resolved', rule: { id: string, title: string, level: string }, severity: string, job: string | null, environment: string | null,
 *   fingerprint: string | null, category: string | null, since: string, what: string | null, culprit: string | null, jobs: string[], job_count: number, count: number | null, usual: number | null,
 *   hosts: number | null, why: string | null, starts_at: string | null, ends_at: string | null, counted: string, ending: 'given_up' | 'no_news' | 'rule_gone' | 'elsewhere' | null, is_new: boolean, advice: string | null, links: { title: string, url: string }[],
 *   acknowledged: { who: string, at: string, comment: string | null } | null, hushed: 'silence' | 'mute' | 'group' | null }} Alert
 * @typedef {{ blind: string | null, firing: number, total: number, alerts: Alert[] }} Alerts
 * @typedef {{ id: string, source: string, file: string | null, in_force: boolean, title: string | null, level: string | null, severity: string | null, per: string | null, faults: { line: number, field: string, why: string }[] }} Rule
 * @typedef {{ id: string, match: Record<string, string | string[]>, from: string, until: string, who: string, comment: string }} Silence
 * @typedef {{ name: string, waiting: number, alerts: number, last_error: { at: string, message: string } | null }} Receiver
 * @typedef {{ receiver: string, group: string, reason: string, last_error: string, tries: number, alerts: number, at: string }} Undelivered
 */
import { ask, get } from './api.js'

/** @param {Record<string, string | number>} query @param {AbortSignal} signal @returns {Promise<Alerts>} */
export const alerts = (query, signal) => get('api/v1/alerts', query, signal)

/** @param {AbortSignal} signal @returns {Promise<{ rules: Rule[] }>} */
export const rules = (signal) => get('api/v1/rules', {}, signal)

/** @param {AbortSignal} signal @returns {Promise<{ silences: Silence[] }>} */
export const silences = (signal) => get('api/v1/silences', {}, signal)

/** @param {AbortSignal} signal @returns {Promise<{ undelivered: Undelivered[] }>} */
export const undelivered = (signal) => get('api/v1/deliveries/undelivered', {}, signal)

/** @param {AbortSignal} signal @returns {Promise<{ receivers: Receiver[] }>} */
export const receivers = (signal) => get('api/v1/deliveries/receivers', {}, signal)

/** @param {string} key @param {string} who */
export const acknowledge = (key, who) => ask(`api/v1/alerts/${encodeURIComponent(key)}/acknowledge`, { method: 'POST', body: { who } })

/** @param {string} key */
export const unacknowledge = (key) => ask(`api/v1/alerts/${encodeURIComponent(key)}/acknowledge`, { method: 'DELETE' })

/** @param {{ match: Record<string, string>, until: string, who: string, comment: string }} what */
export const silence = (what) => ask('api/v1/silences', { method: 'POST', body: what })

/** @param {string} id */
export const unsilence = (id) => ask(`api/v1/silences/${encodeURIComponent(id)}`, { method: 'DELETE' })

/** @param {string} job @param {string} fingerprint @param {{ action: string, until?: string, who: string }} what */
export const changeGroup = (job, fingerprint, what) =>
  ask(`api/v1/groups/${encodeURIComponent(job)}/${encodeURIComponent(fingerprint)}`, { method: 'PATCH', body: what })
