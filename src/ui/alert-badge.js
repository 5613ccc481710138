// @ts-check
/** How many alerts fire, beside the link to their page. Where no rules are evaluated, or nobody answers, it says nothing: it is not what the page is about. */
import { alerts } from './alerts-api.js'
import { byId } from './dom.js'
import { whole } from './format.js'

/** @param {AbortSignal} signal */
export async function showFiring(signal) {
  const badge = byId('firing-count')
  const answer = await alerts({ state: 'firing', limit: 1 }, signal).catch(() => null)
  if (signal.aborted) return
  badge.hidden = answer === null || (answer.firing === 0 && answer.blind === null)
  badge.textContent = answer === null ? '' : answer.blind === null ? whole(answer.firing) : 'blind'
  badge.title = answer?.blind ?? 'alerts that fire'
}
