import { expect, test } from 'vitest'
import type { AlertState } from '../../../../src/alert/episode.ts'
import { readSaved, savedPast, savedState } from '../../../../src/alert/run/saved.ts'
import { anAlert, resolved } from '../deliver/alerts.ts'

const peak = { count: 900, usual: null, hosts: 3, windowMs: 60_000, why: 'many', annotations: { note: '900' } }

test('who takes over knows of an alert its peak, what it counts, and when it lapses', () => {
  const alert = anAlert({ peak, noun: 'dead letter' })
  const { key, subject } = alert
  const state: AlertState = {
    key,
    rule: 'a',
    subject,
    phase: 'firing',
    sinceMs: 1,
    heldMs: 2,
    alert,
    lapse: { atMs: 3, ending: 'given_up' },
  }
  const kept = JSON.parse(JSON.stringify(savedState(key, state).value)) as { v: number }
  expect(readSaved(`alert/${key}`, kept)).toEqual({ kind: 'alert', state })
})

test('the history knows how an alert ended', () => {
  const alert = { ...resolved(anAlert({ peak })), ending: 'no_news' as const }
  const { key, value } = savedPast(alert)
  expect(readSaved(key, JSON.parse(JSON.stringify(value)) as { v: number })).toEqual({ kind: 'past', alert })
})
