import { describe, expect, test } from 'vitest'
import type { EvaluationState } from '../../../src/alert/evaluate.ts'
import { firing, nextPart, NOTHING_EVALUATED } from '../../../src/alert/evaluate.ts'
import { aCountRow, aRule, Desk, rowsByMinute, type CountRowFields } from '../../support/alert-builders.ts'
import { DAY, HOUR, MINUTE, T0 } from '../../support/builders.ts'

const RULE = { condition: { count: { over: '2m', atLeast: 10 } }, keepFiring: '3m' }

function startedAt(state: EvaluationState, untilMs: number): EvaluationState {
  return { ...state, untilMs }
}

/** A desk that has read these minutes from T0 on, and has evaluated nothing of them. */
function aDesk(over: Record<string, unknown>, counts: readonly number[]): Desk {
  const desk = new Desk([aRule({ ...RULE, ...over })], { state: startedAt(NOTHING_EVALUATED, T0) })
  return desk.read(T0, T0 + counts.length * MINUTE, rowsByMinute(T0, counts))
}

function story(desk: Desk, minutes: number): string[] {
  return Array.from({ length: minutes }, (_, i) => i + 1).flatMap((minute) => {
    const { began, ended } = desk.evaluate(T0 + minute * MINUTE)
    return [
      ...began.map(({ startsAtMs }) => `${minute}: began at ${(startsAtMs - T0) / MINUTE}`),
      ...ended.map(({ endsAtMs }) => `${minute}: ended at ${(endsAtMs! - T0) / MINUTE}`),
    ]
  })
}

describe('an alert', () => {
  test('begins with the minute that makes its condition hold, and ends when it has not held for `keepFiring`', () => {
    expect(story(aDesk({}, [1, 9, 1, 0, 0, 0, 0, 0]), 8)).toEqual(['2: began at 1', '6: ended at 6'])
  })

  test('that flaps within `keepFiring` is one episode', () => {
    expect(story(aDesk({}, [10, 0, 0, 0, 10, 0, 0, 0, 0, 0]), 10)).toEqual(['1: began at 0', '9: ended at 9'])
  })

  test('waits until its condition has held for `pending` without a break', () => {
    expect(story(aDesk({ pending: '2m' }, [10, 0, 0, 10, 0, 10, 0, 0, 0, 0, 0]), 11)).toEqual(['6: began at 5', '10: ended at 10'])
    expect(story(aDesk({ pending: '5m' }, [10, 10, 0, 10, 0]), 5)).toEqual([])
  })

  test('that comes back is a new episode with the same key', () => {
    const desk = aDesk({}, [10, 0, 0, 0, 0, 0, 10, 0])
    expect(story(desk, 8)).toEqual(['1: began at 0', '5: ended at 5', '7: began at 6'])
    expect(firing(desk.state)).toMatchObject([{ startsAtMs: T0 + 6 * MINUTE }])
  })

  test('keeps the category that it began with: receivers know it by that', () => {
    const desk = new Desk([aRule({ ...RULE, annotations: { category: '{{category}}' } })], { state: startedAt(NOTHING_EVALUATED, T0) })
    const rows = [
      ...rowsByMinute(T0, [10, 10], { category: 'timeout' }),
      ...rowsByMinute(T0 + MINUTE, [90], { category: 'bad-input', fingerprint: 'v1:02' }),
      ...rowsByMinute(T0 + 9 * MINUTE, [90], { category: 'bad-input', fingerprint: 'v1:02' }),
    ]
    desk.read(T0, T0 + 10 * MINUTE, rows)
    const [first] = desk.evaluate(T0 + MINUTE).began
    expect(first?.subject.category).toBe('timeout')
    desk.evaluate(T0 + 2 * MINUTE)
    expect(firing(desk.state)).toMatchObject([
      { key: first?.key, count: 110, subject: { category: 'timeout' }, annotations: { category: 'timeout' } },
    ])
    expect(desk.evaluate(T0 + 9 * MINUTE).ended).toMatchObject([{ subject: { category: 'timeout' } }])
    expect(desk.evaluate(T0 + 10 * MINUTE).began).toMatchObject([{ key: first?.key, subject: { category: 'bad-input' } }])
  })

  test('says the newest numbers while it fires, and since when it has been', () => {
    const desk = aDesk({}, [10, 50, 7, 0])
    story(desk, 3)
    expect(firing(desk.state)).toMatchObject([{ count: 57, sinceMs: T0, startsAtMs: T0 }])
  })

  test('is remembered for a quarter of an hour after its end', () => {
    const desk = aDesk({ keepFiring: '1s' }, [10])
    desk.read(T0 + MINUTE, T0 + 30 * MINUTE, [])
    const phases = Array.from(
      { length: 19 },
      (_, i) => (desk.evaluate(T0 + (i + 1) * MINUTE), [...desk.state.alerts.values()].map(({ phase }) => phase).join()),
    )
    expect(phases).toEqual(['firing', 'firing', ...Array.from({ length: 15 }, () => 'resolved'), '', ''])
  })
})

describe('minutes under way', () => {
  test('may begin an alert, with the time that it would have anyway, and never twice', () => {
    const desk = aDesk({}, [1])
    desk.evaluate(T0 + MINUTE)
    desk.read(T0 + MINUTE, T0 + 2 * MINUTE, rowsByMinute(T0 + MINUTE, [4]))
    expect(desk.evaluate(T0 + MINUTE, { readUntilMs: T0 + 2 * MINUTE }).began).toEqual([])
    desk.read(T0 + MINUTE, T0 + 2 * MINUTE, rowsByMinute(T0 + MINUTE, [12]))
    expect(desk.evaluate(T0 + MINUTE, { readUntilMs: T0 + 2 * MINUTE }).began).toMatchObject([{ startsAtMs: T0 + MINUTE, count: 13 }])
    expect(desk.evaluate(T0 + MINUTE, { readUntilMs: T0 + 2 * MINUTE })).toMatchObject({ began: [], ended: [], changed: [] })
    desk.read(T0 + MINUTE, T0 + 2 * MINUTE, rowsByMinute(T0 + MINUTE, [20]))
    expect(desk.evaluate(T0 + 2 * MINUTE).began).toEqual([])
    expect(firing(desk.state)).toMatchObject([{ startsAtMs: T0 + MINUTE, count: 21 }])
  })

  test('end nothing, and let nothing begin that must hold longer than they can show', () => {
    const desk = aDesk({ pending: '2m', keepFiring: '1s' }, [10, 0, 0])
    desk.evaluate(T0 + MINUTE, { readUntilMs: T0 + 3 * MINUTE })
    expect([...desk.state.alerts.values()].map(({ phase }) => phase)).toEqual(['pending'])
    const held = aDesk({ pending: '2m' }, [10, 10, 10])
    expect(held.evaluate(T0 + MINUTE, { readUntilMs: T0 + 3 * MINUTE }).began).toMatchObject([{ startsAtMs: T0 + 2 * MINUTE }])
  })

  test('are looked at ten minutes ahead and no further', () => {
    const desk = aDesk(
      {},
      Array.from({ length: 12 }, (_, i) => (i === 11 ? 10 : 0)),
    )
    expect(desk.evaluate(T0, { readUntilMs: T0 + 12 * MINUTE }).began).toEqual([])
    expect(desk.evaluate(T0 + 2 * MINUTE, { readUntilMs: T0 + 12 * MINUTE }).began).toHaveLength(1)
  })
})

describe('an evaluation', () => {
  test('after a gap finds what was missed, in order, by event time', () => {
    const { began, ended } = aDesk({}, [10, 0, 0, 0, 0, 0, 10, 0]).evaluate(T0 + 8 * MINUTE)
    expect(began.map(({ startsAtMs }) => startsAtMs - T0)).toEqual([0, 6 * MINUTE])
    expect(ended.map(({ startsAtMs, endsAtMs }) => [startsAtMs - T0, endsAtMs! - T0])).toEqual([[0, 5 * MINUTE]])
  })

  test('makes up for what was missed in parts that the table has room for', () => {
    expect([nextPart(T0, T0 + 5 * MINUTE), nextPart(T0, T0 + DAY)]).toEqual([T0 + 5 * MINUTE, T0 + HOUR])
  })

  test('that is the first looks at the last complete minute', () => {
    const desk = aDesk({}, [10, 0, 0, 0])
    desk.state = NOTHING_EVALUATED
    expect(desk.evaluate(T0 + 4 * MINUTE).began).toEqual([])
    expect(desk.state.untilMs).toBe(T0 + 4 * MINUTE)
  })

  test('ends the alerts of a rule that is no more, or looks at something else now', () => {
    for (const rules of [[], [aRule({ ...RULE, per: 'group' })]]) {
      const desk = aDesk({}, [10])
      desk.evaluate(T0 + MINUTE)
      const next = new Desk(rules, { state: desk.state }).read(T0, T0 + MINUTE, rowsByMinute(T0, [10]))
      expect(next.evaluate(T0 + 2 * MINUTE)).toMatchObject({
        ended: [{ subject: { job: 'orders', fingerprint: null }, endsAtMs: T0 + 2 * MINUTE }],
      })
      expect(firing(next.state)).toEqual([])
    }
  })

  test('goes on with the alerts of a rule that was changed', () => {
    const desk = aDesk({}, [10])
    desk.evaluate(T0 + MINUTE)
    const next = new Desk([aRule({ ...RULE, severity: 'critical', condition: { count: { over: '2m', atLeast: 5 } } })], {
      state: desk.state,
    }).read(T0, T0 + 2 * MINUTE, rowsByMinute(T0, [10]))
    expect(next.evaluate(T0 + 2 * MINUTE)).toMatchObject({ began: [], ended: [] })
    expect(firing(next.state)).toMatchObject([{ severity: 'critical', startsAtMs: T0 }])
  })

  test("leaves out groups that somebody muted, but for the platform's rules", () => {
    const rules = [aRule(RULE), aRule({ ...RULE, id: 'all', level: 'platform', per: 'platform' })]
    const desk = new Desk(rules, { state: startedAt(NOTHING_EVALUATED, T0) })
    desk.groups.observe([aCountRow({ windowMs: T0 - HOUR })], { sinceMs: 0, completeUntilMs: T0 })
    desk.groups.change(
      'orders',
      'v1:0000000000000001',
      { kind: 'mute', untilMs: T0 + 2.5 * MINUTE, untilCount: null },
      { who: 'ada', atMs: T0 - MINUTE },
    )
    desk.read(T0, T0 + 4 * MINUTE, rowsByMinute(T0, [9, 9, 9, 9]))
    expect(desk.evaluate(T0 + 4 * MINUTE).began.map(({ rule, startsAtMs }) => [rule.id, (startsAtMs - T0) / MINUTE])).toEqual([
      ['all', 1],
      ['a-rule', 2],
    ])
  })

  test('says which states are another now', () => {
    const desk = aDesk({ keepFiring: '1s' }, [10, 0, 0])
    const key = desk.evaluate(T0 + MINUTE).changed[0]
    expect(key).toContain('a-rule:orders:')
    desk.read(T0 + 3 * MINUTE, T0 + 30 * MINUTE, [])
    expect([2, 3, 4, 18, 19].map((minute) => desk.evaluate(T0 + minute * MINUTE).changed)).toEqual([[key], [key], [], [key], []])
  })
})

describe('where there are too many alerts', () => {
  const many = (length: number, over: CountRowFields = {}) =>
    Array.from({ length }, (_, i) => aCountRow({ fingerprint: `v1:${i}`, job: `job-${i % 100}`, count: 5, ...over }))
  const LOW = { id: 'low', severity: 'low', per: 'group', condition: { count: { over: '5m', atLeast: 5 } } }
  const rules = [
    aRule(LOW),
    aRule({ ...LOW, id: 'critical', severity: 'critical', condition: { count: { over: '5m', atLeast: 50 } } }),
    aRule({ ...LOW, id: 'all', level: 'platform', per: 'platform' }),
    aRule({ ...LOW, id: 'blind', severity: 'critical', level: 'platform', per: 'platform', condition: { blind: { over: '2m' } } }),
  ]
  const blind = { nowMs: T0 + MINUTE, minutes: [], lagMs: 0, blindSinceMs: T0 - HOUR, blindWhy: null }
  const countBy = (ids: readonly string[]): Record<string, number> =>
    Object.fromEntries([...new Set(ids)].map((id) => [id, ids.filter((one) => one === id).length]))

  test('those of low rules leave room for those of critical ones, and for all that are over many jobs', () => {
    const desk = new Desk(rules, { state: startedAt(NOTHING_EVALUATED, T0) })
    desk.read(T0, T0 + 2 * MINUTE, [...many(205), ...many(205, { windowMs: T0 + MINUTE })])
    const first = desk.evaluate(T0 + MINUTE, { pipeline: blind, maxAlerts: 200 })
    expect([countBy(first.began.map(({ rule }) => rule.id)), first.refused]).toEqual([{ low: 120, all: 1, blind: 1 }, 85])
    desk.read(T0 + MINUTE, T0 + 2 * MINUTE, many(90, { windowMs: T0 + MINUTE, count: 50 }))
    const second = desk.evaluate(T0 + 2 * MINUTE, { maxAlerts: 200 })
    expect(countBy(second.began.map(({ rule }) => rule.id))).toEqual({ critical: 80 - 2 })
  })

  test('ended ones make room', () => {
    const desk = new Desk([aRule({ ...LOW, severity: 'critical', keepFiring: '1s', condition: { count: { over: '1m', atLeast: 5 } } })], {
      state: startedAt(NOTHING_EVALUATED, T0),
    })
    desk.read(T0, T0 + 3 * MINUTE, [...many(200), ...many(200, { windowMs: T0 + 2 * MINUTE, job: 'others' })])
    const begun = [1, 2, 3].map((minute) => desk.evaluate(T0 + minute * MINUTE, { maxAlerts: 200 }).began.length)
    expect(begun).toEqual([200, 0, 200])
    expect(desk.state.alerts.size).toBe(200)
  })
})
