import { describe, expect, test } from 'vitest'
import { replay } from '../../../src/alert/replay.ts'
import { aCountRow, aRule, Desk, rowsByMinute } from '../../support/alert-builders.ts'
import { DAY, HOUR, MINUTE, T0 } from '../../support/builders.ts'

const RULE = aRule({ condition: { count: { over: '2m', atLeast: 10 } }, keepFiring: '3m' })

describe('a replay', () => {
  test('tells when a rule would have fired, hours apart, and what fires still', () => {
    const rows = [
      ...rowsByMinute(T0 + 7 * MINUTE, [10]),
      ...rowsByMinute(T0 + 5 * HOUR, [10]),
      ...rowsByMinute(T0 + 9 * HOUR - MINUTE, [10]),
    ]
    const episodes = replay([RULE], rows, { fromMs: T0, toMs: T0 + 9 * HOUR })
    expect(episodes.map(({ startsAtMs, endsAtMs }) => [startsAtMs - T0, endsAtMs === null ? null : endsAtMs - T0])).toEqual([
      [7 * MINUTE, 12 * MINUTE],
      [5 * HOUR, 5 * HOUR + 5 * MINUTE],
      [9 * HOUR - MINUTE, null],
    ])
  })

  test('gives what evaluating every minute gave', () => {
    const rows = Array.from({ length: 300 }, (_, i) =>
      aCountRow({ windowMs: T0 + i * MINUTE, count: (i * 7919) % 13, job: i % 3 === 0 ? 'orders' : 'payments' }),
    )
    const desk = new Desk([RULE])
    desk.state = { ...desk.state, untilMs: T0 }
    const live = Array.from(
      { length: 300 },
      (_, i) => desk.read(T0 + i * MINUTE, T0 + (i + 1) * MINUTE, rows).evaluate(T0 + (i + 1) * MINUTE).began,
    ).flat()
    const replayed = replay([RULE], rows, { fromMs: T0, toMs: T0 + 300 * MINUTE })
    expect(replayed.map(({ key, startsAtMs }) => `${key} ${startsAtMs}`).sort()).toEqual(
      live.map(({ key, startsAtMs }) => `${key} ${startsAtMs}`).sort(),
    )
    expect(live.length).toBeGreaterThan(5)
  })

  test('tells nothing before its range, and learns from it', () => {
    const quiet = Array.from({ length: 9 * 288 }, (_, i) => aCountRow({ windowMs: T0 - 8 * DAY + i * 5 * MINUTE, count: 10 + (i % 4) }))
    const spikes = [T0 - 2 * DAY, T0 + 6 * HOUR].map((windowMs) => aCountRow({ windowMs: windowMs + MINUTE, count: 400 }))
    const rows = [...quiet, ...spikes].sort((a, b) => a.windowMs - b.windowMs)
    const episodes = replay([aRule({ condition: { spike: { minimum: 20 } }, keepFiring: '15m' })], rows, { fromMs: T0, toMs: T0 + DAY })
    expect(episodes.map(({ startsAtMs }) => (startsAtMs - T0) / MINUTE)).toEqual([6 * 60 + 1])
  })

  test('of nothing is nothing, and so is one of a rule on the pipeline', () => {
    expect(replay([RULE], [], { fromMs: T0, toMs: T0 + DAY })).toEqual([])
    expect(replay([aRule({ per: 'platform', condition: { blind: { over: '2m' } } })], [], { fromMs: T0, toMs: T0 + DAY })).toEqual([])
  })

  test('knows what is new from the rows before its range', () => {
    const rule = aRule({ per: 'group', condition: { new_group: { notSeenForDays: 14 } } })
    const rows = [
      aCountRow({ windowMs: T0 - 10 * DAY }),
      aCountRow({ windowMs: T0 + MINUTE }),
      aCountRow({ windowMs: T0 + 2 * MINUTE, fingerprint: 'v1:02' }),
    ]
    expect(replay([rule], rows, { fromMs: T0, toMs: T0 + HOUR }).map(({ alert }) => alert.subject.fingerprint)).toEqual(['v1:02'])
  })
})
