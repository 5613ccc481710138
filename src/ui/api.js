// @ts-check
/**
 * Asking the API: a path and its query in, the answer out. What the API says is wrong becomes an `ApiError` with its own words.
 *
 * @typedef {{ job: string, count: number, previous_count: number, change: number | null, error_types: number, hosts: number, first_seen: string, last_seen: string }} JobRow
 * @typedef {{ from: string, to: string, jobs: JobRow[] }} Jobs
 * @typedef {{ key: string, previous_fingerprints: string[], title: string, culprit: string | null, exception_class: string | null, root_cause_class: string | null,
 *   category: string | null, severity: string | null, rule: string | null, rule_title: string | null, advice: string | null, link: string | null, level: string | null,
 *   count: number, share: number, previous_count: number, change: number | null, is_new: boolean, group_state: string | null, hosts: number, jobs: number, first_seen: string, last_seen: string, sample_message: string }} TopRow
 * @typedef {{ job: string | null, from: string, to: string, total: number, exceptions: TopRow[] }} Top
 * @typedef {{ job: string | null, from: string, to: string, exception: TopRow }} Group
 * @typedef {{ time: string | null, level: string, logger: string | null, thread: string | null, host: string | null, service: string | null, service_version: string | null,
 *   environment: string | null, operator: string | null, subtask: number | null, message: string, stack_trace: string | null, own_lines: number[], context: Record<string, string>,
 *   tags: string[], truncated: boolean }} FullEvent
 * @typedef {{ id: string, job: string, minute: string, count: number, hosts: string[], places: { contributor: string, block: number }[], event: FullEvent | null }} ErrorDocument
 * @typedef {{ documents: ErrorDocument[] }} ErrorEvents
 * @typedef {{ id: string, family: string, title: string, category: string, severity: string, meaning: string, advice: string | null, link: string }} Pattern
 * @typedef {{ patterns: Pattern[] }} Patterns
 * @typedef {{ time: string, count: number }} Point
 * @typedef {{ from: string, to: string, interval_seconds: number, total: number, points: Point[] }} Trend
 * @typedef {{ ready: boolean, checks: { name: string, ok: boolean, detail: string }[] }} Readiness
 */

export class ApiError extends Error {
  /** @param {number} status 0 where nobody answered @param {string} title @param {string} detail */
  constructor(status, title, detail) {
    super(detail)
    this.status = status
    this.title = title
  }
}

/** @param {Record<string, string | number>} query @param {AbortSignal} signal @returns {Promise<Jobs>} */
export const jobs = (query, signal) => get('api/v1/jobs', query, signal)

/** @param {string | null} job @param {Record<string, string | number>} query @param {AbortSignal} signal @returns {Promise<Top>} */
export const top = (job, query, signal) => get(`${scope(job)}/exceptions/top`, query, signal)

/** One error by any of its keys; 404 where it had no event. @param {string | null} job @param {string} key @param {Record<string, string | number>} query @param {AbortSignal} signal @returns {Promise<Group>} */
export const group = (job, key, query, signal) => get(`${scope(job)}/exceptions/groups/${encodeURIComponent(key)}`, query, signal)

/** The newest documents of an error, each with one event whole. @param {string | null} job @param {string} key @param {Record<string, string | number>} query @param {AbortSignal} signal @returns {Promise<ErrorEvents>} */
export const events = (job, key, query, signal) => get(`${scope(job)}/exceptions/groups/${encodeURIComponent(key)}/events`, query, signal)

/** The pattern rules in force. @param {AbortSignal} signal @returns {Promise<Patterns>} */
export const patterns = (signal) => get('api/v1/patterns', {}, signal)

/** @param {string | null} job @param {Record<string, string | number>} query @param {AbortSignal} signal @returns {Promise<Trend>} */
export const trend = (job, query, signal) => get(`${scope(job)}/exceptions/trend`, query, signal)

/** What this process is. @param {AbortSignal} signal @returns {Promise<{ takes_events: boolean }>} */
export const liveness = (signal) => get('healthz', {}, signal)

/** Not ready is an answer too. @param {AbortSignal} signal @returns {Promise<Readiness>} */
export async function readiness(signal) {
  const response = await fetch('readyz', { signal })
  return response.json()
}

/** @param {string | null} job */
function scope(job) {
  return job === null ? 'api/v1' : `api/v1/jobs/${encodeURIComponent(job)}`
}

/** @param {string} path @param {Record<string, string | number>} query @param {AbortSignal} signal */
export function get(path, query, signal) {
  const search = new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)]))
  return ask(`${path}?${search}`, { signal })
}

/** `body` goes as JSON. @param {string} path @param {{ method?: string, body?: unknown, signal?: AbortSignal }} [how] */
export async function ask(path, { method = 'GET', body, signal } = {}) {
  const headers = { accept: 'application/json', ...(body === undefined ? {} : { 'content-type': 'application/json' }) }
  const response = await fetch(path, {
    method,
    headers,
    signal: signal ?? null,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  }).catch(unreachable)
  const answer = await response.json().catch(() => null)
  if (response.ok && answer !== null) return answer
  throw new ApiError(response.status, answer?.title ?? `HTTP ${response.status}`, answer?.detail ?? 'The answer could not be read.')
}

/** @param {unknown} cause @returns {never} */
function unreachable(cause) {
  if (cause instanceof DOMException && cause.name === 'AbortError') throw cause
  throw new ApiError(
    0,
    'Tracefold does not answer',
    'The process that serves this page has stopped, or the way to it is cut. This page keeps trying.',
  )
}
