/** Each condition on a few minutes of counts: when it holds, and what it says. */
import { describe, expect, test } from 'vitest'
import type { Alert } from '../../../../src/alert/alert.ts'
import type { CountRow } from '../../../../src/alert/alert-reader.ts'
import type { PipelineReading } from '../../../../src/alert/conditions/sight.ts'
import { aCountRow, aRule, Desk, rowsByMinute } from '../../../support/alert-builders.ts'
import { DAY, HOUR, MINUTE, T0 } from '../../../support/builders.ts'

/** What fires at the end of each minute from T0 on. */
function firedAt(
  over: Record<string, unknown>,
  rows: readonly CountRow[],
  minutes: number,
  desk = new Desk([aRule(over)]),
): { minute: number; alert: Alert }[] {
  desk.state = { ...desk.state, untilMs: T0 }
  return Array.from({ length: minutes }, (_, i) => i + 1).flatMap((minute) => {
    if (minute % 60 === 1) desk.read(T0 + (minute - 1) * MINUTE, T0 + Math.min(minutes, minute + 59) * MINUTE, rows)
    return desk.evaluate(T0 + minute * MINUTE).began.map((alert) => ({ minute, alert }))
  })
}

function minutesOf(over: Record<string, unknown>, rows: readonly CountRow[], minutes: number): number[] {
  return firedAt(over, rows, minutes).map(({ minute }) => minute)
}

describe('count', () => {
  const condition = { count: { over: '3m', atLeast: 10, perJob: { 'batch-*': 100, 'batch-small': 1 } } }

  test('holds from the minute in which the window reaches the threshold', () => {
    const [fired] = firedAt({ condition }, rowsByMinute(T0, [3, 3, 3, 4, 1]), 5)
    expect(fired).toMatchObject({
      minute: 4,
      alert: { count: 10, usual: null, windowMs: 3 * MINUTE, sinceMs: T0 + MINUTE, why: '10 events in 3 min, the threshold is 10' },
    })
  })

  test('does not hold one event below', () => {
    expect(minutesOf({ condition }, rowsByMinute(T0, [3, 3, 3, 3, 3]), 5)).toEqual([])
  })

  test('has the threshold of the first glob that names the job', () => {
    expect(minutesOf({ condition }, rowsByMinute(T0, [99], { job: 'batch-small' }), 1)).toEqual([])
    expect(minutesOf({ condition }, rowsByMinute(T0, [100], { job: 'batch-small' }), 1)).toEqual([1])
  })

  test.each([
    ['complete', { readUntilMs: T0 + 3 * MINUTE }, T0 + 3 * MINUTE],
    ['under way', {}, T0 + 2 * MINUTE],
  ])(
    'holds where events of an earlier minute come late, though none comes any more, in a minute that is %s',
    (_, more, completeUntilMs) => {
      const desk = new Desk([aRule({ condition })])
      const again = (count: number, readUntilMs: number) => desk.read(T0, readUntilMs, rowsByMinute(T0, [count]))
      desk.state = { ...desk.state, untilMs: T0 }
      again(9, T0 + 2 * MINUTE)
      expect(desk.evaluate(T0 + MINUTE, { readUntilMs: T0 + 2 * MINUTE }).began).toEqual([])
      expect(again(9, T0 + 3 * MINUTE).evaluate(T0 + 2 * MINUTE, { readUntilMs: T0 + 3 * MINUTE }).began).toEqual([])
      again(10, T0 + 3 * MINUTE)
      expect(desk.evaluate(completeUntilMs, { readUntilMs: T0 + 3 * MINUTE, ...more }).began).toMatchObject([{ count: 10 }])
    },
  )

  test('says nothing of hosts where logs name none', () => {
    const [fired] = firedAt({ condition }, rowsByMinute(T0, [10], { hosts: 0 }), 1)
    expect(fired?.alert.hosts).toBeNull()
  })

  test('counts only what the rule is for', () => {
    const rows = [...rowsByMinute(T0, [9]), ...rowsByMinute(T0, [50], { category: 'timeout', fingerprint: 'v1:02' })]
    expect(minutesOf({ condition, for: { category: 'bad-input' } }, rows, 1)).toEqual([])
    expect(minutesOf({ condition, for: { category: 'timeout' } }, rows, 1)).toEqual([1])
  })

  test('over a category or all jobs names the jobs, the worst first', () => {
    const rows = [...rowsByMinute(T0, [4]), ...rowsByMinute(T0, [8], { job: 'payments' })]
    const [fired] = firedAt({ per: 'category', condition: { count: { over: '3m', atLeast: 10 } } }, rows, 1)
    expect(fired?.alert).toMatchObject({
      what: 'A rule: bad-input',
      culprit: null,
      jobs: ['payments', 'orders'],
      jobCount: 2,
      count: 12,
      subject: { job: null, category: 'bad-input' },
    })
  })
})

describe('ratio', () => {
  const condition = { ratio: { over: '2m', atLeast: 3, minimum: 12 } }

  test('holds where a window has so many times the events of the one before', () => {
    expect(firedAt({ condition }, rowsByMinute(T0, [2, 2, 4, 8]), 4)).toMatchObject([{ minute: 4, alert: { count: 12, usual: null } }])
  })

  test('does not hold below its minimum, nor without a rise', () => {
    expect(minutesOf({ condition }, rowsByMinute(T0, [0, 1, 5, 6, 6, 6]), 6)).toEqual([])
    expect(minutesOf({ condition }, rowsByMinute(T0, [20, 20, 20, 20]), 4)).toEqual([1])
  })

  test('waits for the minute to be complete', () => {
    const desk = new Desk([aRule({ condition })])
    desk.read(T0, T0 + 2 * MINUTE, rowsByMinute(T0, [1, 50]))
    desk.state = { ...desk.state, untilMs: T0 + MINUTE }
    expect(desk.evaluate(T0 + MINUTE, { readUntilMs: T0 + 2 * MINUTE }).began).toEqual([])
    expect(desk.evaluate(T0 + 2 * MINUTE).began).toHaveLength(1)
  })
})

describe('hosts', () => {
  const condition = { hosts: { over: '10m', atLeast: 5 } }

  test('holds where so many hosts had it within the window, each in a minute of its own', () => {
    const rows = Array.from({ length: 10 }, (_, i) => aCountRow({ windowMs: T0 + i * MINUTE, count: 3, hosts: [`rolling-${i}`] }))
    expect(firedAt({ condition }, rows, 10)).toMatchObject([
      { minute: 5, alert: { count: 15, hosts: 5, why: '5 hosts in 10 min, the threshold is 5' } },
    ])
  })

  test('puts the hosts of all error types together, each once', () => {
    const rows = (fingerprint: string, ...hosts: string[]) => rowsByMinute(T0, [1], { fingerprint, hosts })
    expect(minutesOf({ condition }, [...rows('v1:01', 'a', 'b', 'c'), ...rows('v1:02', 'b', 'c', 'd')], 2)).toEqual([])
    expect(minutesOf({ condition }, [...rows('v1:01', 'a', 'b', 'c'), ...rows('v1:02', 'b', 'd', 'e')], 2)).toEqual([1])
  })

  test('forgets those that fell out of the window, and does not count one twice', () => {
    const rows = Array.from({ length: 30 }, (_, i) => aCountRow({ windowMs: T0 + i * MINUTE, hosts: [`h${Math.floor(i / 3)}`] }))
    expect(minutesOf({ condition }, rows, 30)).toEqual([])
  })

  test('past two hours looks at tens of minutes', () => {
    const rows = Array.from({ length: 5 }, (_, i) => aCountRow({ windowMs: T0 + i * HOUR, hosts: [`h${i}`] }))
    expect(minutesOf({ condition: { hosts: { over: '6h', atLeast: 5 } } }, rows, 241)).toEqual([241])
    expect(minutesOf({ condition: { hosts: { over: '3h', atLeast: 5 } } }, rows, 241)).toEqual([])
  })

  test('joined with a count, both must hold', () => {
    const rows = [
      aCountRow({ hosts: 2, count: 90 }),
      aCountRow({ windowMs: T0 + MINUTE, hosts: 3, count: 5 }),
      aCountRow({ windowMs: T0 + 2 * MINUTE, hosts: 1, count: 20 }),
    ]
    expect(minutesOf({ condition: { hosts: { over: '5m', atLeast: 3 } } }, rows, 3)).toEqual([2])
    const joined = firedAt(
      { condition: { all: [{ hosts: { over: '5m', atLeast: 3 } }, { count: { over: '5m', atLeast: 100 } }] } },
      rows,
      3,
    )
    expect(joined).toMatchObject([
      {
        minute: 3,
        alert: { hosts: 3, why: '3 hosts in 5 min, the threshold is 3; and 115 events in 5 min, the threshold is 100' },
      },
    ])
    expect(
      minutesOf({ condition: { any: [{ hosts: { over: '5m', atLeast: 3 } }, { count: { over: '5m', atLeast: 80 } }] } }, rows, 3),
    ).toEqual([1])
  })
})

describe('absence', () => {
  const condition = { absence: { over: '5m', seenWithin: '1h' } }

  test('holds once nothing has come for so long, until events come', () => {
    const desk = new Desk([aRule({ condition, keepFiring: '1s' })])
    const [fired] = firedAt({}, rowsByMinute(T0, [1, 1, 0, 0, 0, 0, 0, 0, 0, 4]), 10, desk)
    expect(fired).toMatchObject({
      minute: 7,
      alert: { count: 0, hosts: null, sinceMs: T0 + 2 * MINUTE, why: 'no event for 5 min, one is expected within 5 min' },
    })
    expect(desk.state.alerts.get(fired!.alert.key)).toMatchObject({ phase: 'resolved', alert: { endsAtMs: T0 + 10 * MINUTE } })
  })

  test('is asked only of what was there, and not for ever', () => {
    expect(minutesOf({ condition }, [], 30)).toEqual([])
    const desk = new Desk([aRule({ condition })])
    expect(firedAt({}, rowsByMinute(T0, [1]), 80, desk).map(({ minute }) => minute)).toEqual([6])
    expect([...desk.state.alerts.values()].map(({ phase }) => phase)).toEqual(['resolved'])
  })

  test('knows what was there before the process began', () => {
    const desk = new Desk([aRule({ condition })])
    desk.table.noteSeen([aCountRow({ windowMs: T0 - 30 * MINUTE, lastMs: T0 - 30 * MINUTE })])
    expect(firedAt({}, [], 1, desk).map(({ minute }) => minute)).toEqual([1])
  })
})

describe('new_group', () => {
  const over = { per: 'group', condition: { new_group: { notSeenForDays: 14, minimum: 5, over: '1h' } } }

  test('holds for an error that was never seen, once it has events enough, and for a window', () => {
    const desk = new Desk([aRule({ ...over, keepFiring: '1s' })])
    const [fired] = firedAt({}, rowsByMinute(T0, [2, 2, 2]), 90, desk)
    expect(fired).toMatchObject({
      minute: 3,
      alert: {
        isNew: true,
        sinceMs: T0,
        count: 6,
        what: 'IllegalStateException: order <*> has no lines',
        why: 'this error was not seen before; 6 events since',
      },
    })
    expect([...desk.state.alerts.values()]).toEqual([])
  })

  test.each([
    [13, []],
    [15, ['this error was not seen for 14 d; 9 events since']],
  ])('after %i days of silence', (days, whys) => {
    const desk = new Desk([aRule(over)])
    desk.groups.observe([aCountRow({ windowMs: T0 - days * DAY })], { sinceMs: T0 - 100 * DAY, completeUntilMs: T0 })
    const fired = firedAt({}, rowsByMinute(T0, [9]), 1, desk)
    expect(fired.map(({ alert }) => alert.why)).toEqual(whys)
    expect(fired.filter(({ alert }) => alert.isNew)).toEqual([])
  })

  test('does not hold for a known error under the key of new fingerprint rules', () => {
    const desk = new Desk([aRule(over)])
    desk.groups.observe([aCountRow({ windowMs: T0 - 2 * DAY })], { sinceMs: T0 - 100 * DAY, completeUntilMs: T0 })
    const known = rowsByMinute(T0, [9], { fingerprint: 'v2:02', previousFingerprint: 'v1:0000000000000001' })
    expect(
      firedAt({}, [...known, ...rowsByMinute(T0, [9], { fingerprint: 'v2:03' })], 1, desk).map(({ alert }) => alert.subject.fingerprint),
    ).toEqual(['v2:03'])
  })
})

describe('regression', () => {
  test('holds when an error comes back that somebody resolved', () => {
    const desk = new Desk([aRule({ per: 'group', condition: { regression: { over: '1h' } } })])
    desk.groups.observe([aCountRow({ windowMs: T0 - 2 * HOUR, lastMs: T0 - 2 * HOUR })], { sinceMs: T0 - 100 * DAY, completeUntilMs: T0 })
    desk.groups.change('orders', 'v1:0000000000000001', { kind: 'resolve' }, { who: 'ada', atMs: T0 - HOUR })
    const [fired] = firedAt({}, rowsByMinute(T0, [0, 0, 1, 1]), 4, desk)
    expect(fired).toMatchObject({
      minute: 3,
      alert: { why: 'this error was resolved at 2026-11-20 09:00 UTC and has come back; 1 event since' },
    })
  })

  /** 500 events, resolved so late, and what comes after. */
  function afterResolved(
    after: readonly number[],
    over: string,
    resolvedMs = 1.5 * MINUTE,
    minimum = 100,
  ): { minute: number; alert: Alert }[] {
    const desk = new Desk([aRule({ per: 'group', condition: { regression: { minimum, over } } })])
    const rows = rowsByMinute(T0, [500, 0, ...after], { hosts: 3 })
    desk.groups.observe(rows.slice(0, 1), { sinceMs: T0 - 100 * DAY, completeUntilMs: T0 })
    desk.groups.change('orders', 'v1:0000000000000001', { kind: 'resolve' }, { who: 'ada', atMs: T0 + resolvedMs })
    return firedAt({}, rows, 2 + after.length, desk)
  }

  test('knows of one event where it came back in the very minute in which it was resolved', () => {
    expect(afterResolved([50], '1h', 0.3 * MINUTE)).toEqual([])
    expect(afterResolved([50, 50], '1h', 0.3 * MINUTE)).toMatchObject([{ minute: 4, alert: { count: 101, windowMs: 4 * MINUTE } }])
    expect(afterResolved([], '1h', 0.3 * MINUTE, 1)).toMatchObject([{ minute: 1, alert: { count: 1, windowMs: MINUTE } }])
  })

  test.each(['1h', '6h'])('counts no event of before it was resolved, over %s', (over) => {
    expect(afterResolved([1], over)).toEqual([])
    expect(afterResolved([1, ...Array<number>(150).fill(0), 98], over)).toEqual([])
    expect(afterResolved([1, 0, 99], over)).toMatchObject([
      {
        minute: 5,
        alert: {
          count: 100,
          windowMs: 3 * MINUTE,
          why: 'this error was resolved at 2026-11-20 10:01 UTC and has come back; 100 events since',
        },
      },
    ])
  })
})

describe('spike', () => {
  /** A week of ten events every five minutes, and twenty in the night hour before T0. */
  function week(): CountRow[] {
    return Array.from({ length: 8 * 288 }, (_, i) => aCountRow({ windowMs: T0 - 8 * DAY + i * 5 * MINUTE, count: 10 + (i % 3) }))
  }

  function deskWithWeek(over: Record<string, unknown> = {}): Desk {
    return new Desk([aRule({ condition: { spike: { minimum: 20 } }, ...over })]).past(T0 - 8 * DAY, T0, week())
  }

  test('holds where there is more than chance explains, as soon as there is', () => {
    const [fired] = firedAt({}, rowsByMinute(T0, [2, 2, 2, 40, 90, 90]), 6, deskWithWeek())
    expect(fired).toMatchObject({
      minute: 5,
      alert: { count: 136, windowMs: 15 * MINUTE, why: '136 events in 15 min, usually 33 at this time of day' },
    })
    expect(Math.round(fired!.alert.usual!)).toBe(33)
  })

  test('does not hold for what is usual, and without a past', () => {
    expect(
      firedAt(
        {},
        rowsByMinute(
          T0,
          Array.from({ length: 60 }, () => 2),
        ),
        60,
        deskWithWeek(),
      ),
    ).toEqual([])
    expect(firedAt({}, rowsByMinute(T0, [500]), 1, new Desk([aRule({ condition: { spike: { minimum: 20 } } })]))).toEqual([])
  })

  test('may begin in a minute that is under way', () => {
    const desk = deskWithWeek()
    desk.state = { ...desk.state, untilMs: T0 }
    desk.read(T0, T0 + MINUTE, rowsByMinute(T0, [200]))
    expect(desk.evaluate(T0, { readUntilMs: T0 + MINUTE }).began).toMatchObject([{ startsAtMs: T0, count: 200 }])
  })

  test('of a category is compared with the category', () => {
    const desk = deskWithWeek({ per: 'category', level: 'platform' })
    expect(firedAt({}, rowsByMinute(T0, [200]), 1, desk)).toMatchObject([{ alert: { what: 'A rule: bad-input', jobs: ['orders'] } }])
  })
})

describe('jobs_in_trouble', () => {
  const over = {
    level: 'platform',
    per: 'platform',
    condition: { jobs_in_trouble: { over: '5m', atLeast: 3, events: 10, perJob: { 'job-9': 1_000 } } },
  }

  function jobs(numbers: readonly number[], count: number): CountRow[] {
    return numbers.map((i) => aCountRow({ job: `job-${i}`, count: count + i }))
  }

  test('counts jobs with events enough', () => {
    expect(firedAt(over, jobs([1, 2], 10), 1)).toEqual([])
    expect(firedAt(over, jobs([1, 2, 3], 10), 1)).toMatchObject([
      { alert: { jobs: ['job-3', 'job-2', 'job-1'], jobCount: 3, why: '3 jobs in trouble within 5 min, the threshold is 3' } },
    ])
    expect(firedAt(over, jobs([1, 2, 9], 10), 1)).toEqual([])
  })

  test('does not count jobs that always have so many', () => {
    const desk = new Desk([aRule(over)])
    const past = Array.from({ length: 8 * 288 }, (_, i) => aCountRow({ job: 'job-3', windowMs: T0 - 8 * DAY + i * 5 * MINUTE, count: 10 }))
    desk.past(T0 - 8 * DAY, T0, past)
    expect(firedAt({}, jobs([1, 2, 3], 10), 1, desk)).toEqual([])
  })
})

describe('the pipeline', () => {
  function firedOn(condition: Record<string, unknown>, reading: Partial<PipelineReading>): readonly Alert[] {
    const desk = new Desk([aRule({ level: 'platform', per: 'platform', condition })])
    return desk.evaluate(T0, { pipeline: { nowMs: T0, minutes: [], lagMs: 0, blindSinceMs: null, blindWhy: null, ...reading } }).began
  }

  test('has too many dead letters: above a share, of records enough', () => {
    const condition = { dead_letter_ratio: { over: '10m', above: 0.05, minimum: 100 } }
    const minutes = (consumed: number, dead: number) => ({
      minutes: [
        { windowMs: T0 - 11 * MINUTE, consumed: 1e6, dead: 0 },
        { windowMs: T0 - 9 * MINUTE, consumed, dead: 0 },
        { windowMs: T0 - MINUTE, consumed, dead },
      ],
    })
    expect(firedOn(condition, minutes(100, 11))).toMatchObject([
      {
        count: 11,
        sinceMs: T0 - MINUTE,
        what: 'A rule',
        why: '5.5 % of 200 records became dead letters in 10 min, at most 5 % is expected',
      },
    ])
    expect(firedOn(condition, minutes(100, 10))).toEqual([])
    expect(firedOn(condition, minutes(49, 49))).toEqual([])
  })

  test('is behind, or nobody can see', () => {
    expect(firedOn({ pipeline_lag: { above: '5m' } }, { lagMs: 6 * MINUTE })).toMatchObject([
      { why: 'the stream is 6 min behind, at most 5 min is expected', sinceMs: T0 - 6 * MINUTE, count: null },
    ])
    expect(firedOn({ pipeline_lag: { above: '5m' } }, { lagMs: 5 * MINUTE })).toEqual([])
    expect(firedOn({ pipeline_lag: { above: '5m' } }, { lagMs: null })).toEqual([])
    expect(firedOn({ blind: { over: '2m' } }, { blindSinceMs: T0 - 2 * MINUTE, blindWhy: 'Druid is away' })).toMatchObject([
      { why: 'alert rules have been blind for 2 min: Druid is away' },
    ])
    expect(firedOn({ blind: { over: '2m' } }, { blindSinceMs: T0 - MINUTE })).toEqual([])
  })

  test('must be so for as long as the rule says, by the clock, while no minute becomes complete', () => {
    const desk = new Desk([
      aRule({ level: 'platform', per: 'platform', condition: { pipeline_lag: { above: '5m' } }, pending: '2m', keepFiring: '1m' }),
    ])
    const began: number[] = []
    const ended: number[] = []
    for (let second = 0; second <= 300; second += 5) {
      const nowMs = T0 + second * 1_000
      const result = desk.evaluate(T0, {
        pipeline: { nowMs, minutes: [], lagMs: second < 200 ? HOUR : 0, blindSinceMs: null, blindWhy: null },
      })
      began.push(...result.began.map(({ startsAtMs }) => startsAtMs - T0))
      ended.push(...result.ended.map(({ endsAtMs }) => endsAtMs! - T0))
    }
    expect({ began, ended }).toEqual({ began: [120_000], ended: [255_000] })
  })
})
