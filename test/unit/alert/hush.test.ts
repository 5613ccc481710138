import { describe, expect, test } from 'vitest'
import type { Alert } from '../../../src/alert/alert.ts'
import { changeGroup, observeGroup } from '../../../src/alert/group-book.ts'
import { GroupMemory } from '../../../src/alert/group-memory.ts'
import { suppressionBy, type Decided } from '../../../src/alert/hush.ts'
import type { Silence } from '../../../src/alert/silence.ts'
import { aCountRow, aRule, Desk, rowsByMinute } from '../../support/alert-builders.ts'
import { HOUR, MINUTE, T0 } from '../../support/builders.ts'

const RULE = aRule({ labels: { team: 'checkout' } })

function anAlert(): Alert {
  const desk = new Desk([RULE])
  desk.read(T0, T0 + MINUTE, rowsByMinute(T0, [200]))
  return desk.evaluate(T0 + MINUTE).began[0]!
}

function suppression(decided: Partial<Decided>, alert: Alert, nowMs = T0 + HOUR): string {
  return suppressionBy({ rules: [RULE], silences: [], groups: new GroupMemory(), acknowledged: [], ...decided })(alert, nowMs)
}

function aSilence(over: Partial<Silence> = {}): Silence {
  return { version: 1, id: 's1', match: { job: 'ord*' }, fromMs: T0, untilMs: T0 + 2 * HOUR, who: 'ada', comment: 'migration', ...over }
}

describe('an alert is', () => {
  test('told, where nobody has said anything', () => {
    expect(suppression({}, anAlert())).toBe('none')
  })

  test('not told while a silence is for it, from its beginning to its end', () => {
    const times = [T0 - 1, T0, T0 + 2 * HOUR - 1, T0 + 2 * HOUR]
    expect(times.map((time) => suppression({ silences: [aSilence()] }, anAlert(), time))).toEqual(['none', 'all', 'all', 'none'])
  })

  test('silenced by fields and labels together', () => {
    expect(suppression({ silences: [aSilence({ match: { team: 'checkout', severity: ['high', 'critical'] } })] }, anAlert())).toBe('all')
    expect(suppression({ silences: [aSilence({ match: { team: 'checkout', job: 'payments' } })] }, anAlert())).toBe('none')
  })

  test('not silenced by a silence for nothing in particular', () => {
    expect(suppression({ silences: [aSilence({ match: {} })] }, anAlert())).toBe('none')
  })

  test('not silenced by a silence on a label that it does not have', () => {
    expect(suppression({ silences: [aSilence({ match: { owner: '*' } })] }, anAlert())).toBe('none')
    expect(suppression({ silences: [aSilence({ match: { team: '*' } })] }, anAlert())).toBe('all')
  })

  test('not told in a mute window of its rule', () => {
    const rules = [aRule({ mute: [{ from: '11:00', to: '12:00' }] })]
    expect([suppression({ rules }, anAlert(), T0 + HOUR), suppression({ rules }, anAlert(), T0 + 2 * HOUR)]).toEqual(['all', 'none'])
  })

  test('told in its beginning and end only, once this episode is acknowledged, and no other', () => {
    const alert = anAlert()
    const acknowledged = [{ version: 1 as const, key: alert.key, startsAtMs: alert.startsAtMs, who: 'ada', atMs: T0 + HOUR, comment: null }]
    expect(suppression({ acknowledged }, alert)).toBe('repeats')
    expect(suppression({ acknowledged }, { ...alert, startsAtMs: alert.startsAtMs + HOUR })).toBe('none')
  })

  test('not told while its group is muted', () => {
    const row = aCountRow()
    const record = observeGroup(null, null, row, { sinceMs: 0, completeUntilMs: T0 })
    const groups = new GroupMemory([
      changeGroup(record, { kind: 'mute', untilMs: T0 + 2 * HOUR, untilCount: null }, { who: 'ada', atMs: T0 }),
    ])
    const alert = { ...anAlert(), subject: { job: row.job, environment: row.environment, fingerprint: row.fingerprint, category: null } }
    expect([suppression({ groups }, alert, T0 + HOUR), suppression({ groups }, alert, T0 + 3 * HOUR)]).toEqual(['all', 'none'])
  })
})
