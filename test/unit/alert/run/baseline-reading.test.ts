/** The baseline of a process that has run for long is that of one that has just begun, whatever came late; and few queries tell it so. */
import { expect, test } from 'vitest'
import type { BaselineQuery } from '../../../../src/alert/alert-reader.ts'
import { RuleIndex } from '../../../../src/alert/rule-index.ts'
import { BaselineReading } from '../../../../src/alert/run/baseline-reading.ts'
import { subjectKey } from '../../../../src/alert/count-table.ts'
import { aCountRow, aRule } from '../../../support/alert-builders.ts'
import { RowsReader } from '../../../support/alerting.ts'
import { DAY, HOUR, MINUTE, T0 } from '../../../support/builders.ts'

const { views } = new RuleIndex([aRule({ condition: { spike: { minimum: 10 } } })])
const JOB = subjectKey({ job: 'orders', environment: 'prod', fingerprint: null, category: null })

class CountingReader extends RowsReader {
  asked: BaselineQuery[] = []

  override baseline(query: BaselineQuery) {
    this.asked.push(query)
    return super.baseline(query)
  }
}

const usualOf = ({ baseline }: BaselineReading, timeMs: number) => baseline.usual(views[0]!.key, [JOB], timeMs, 7)

function rows(fromMs: number, toMs: number) {
  return Array.from({ length: (toMs - fromMs) / (5 * MINUTE) }, (_, i) => aCountRow({ windowMs: fromMs + i * 5 * MINUTE, count: 20 }))
}

async function begun(reader: RowsReader, timeMs: number): Promise<BaselineReading> {
  const past = new BaselineReading(views)
  await past.read(reader, timeMs)
  return past
}

test.each([
  ['an old file', T0 - 8 * DAY, T0],
  ['what a stream had missed for six hours', T0 - 6 * HOUR, T0],
  ['the logs of one hour of last week', T0 - 5 * DAY, T0 - 5 * DAY + HOUR],
])('%s is part of the past within the hour, as for a process that begins then', async (_, fromMs, toMs) => {
  const reader = new CountingReader()
  const all = rows(T0 - 8 * DAY, T0 + HOUR)
  reader.rows = all.filter(({ windowMs }) => windowMs < fromMs || windowMs >= toMs)
  const past = await begun(reader, T0)
  reader.rows = all
  await past.read(reader, T0 + 30 * MINUTE)
  await past.read(reader, T0 + HOUR)
  const then = T0 + HOUR + 45 * MINUTE
  expect(usualOf(past, then)).toEqual(usualOf(await begun(reader, T0 + HOUR), then))
  expect(usualOf(past, then)?.mean).toBeCloseTo(60, 1)
})

test('where late events are known of, they are looked for at once', async () => {
  const reader = new CountingReader()
  const past = await begun(reader, T0)
  reader.rows = rows(T0 - 2 * DAY, T0)
  past.suspect()
  await past.read(reader, T0 + MINUTE)
  expect(usualOf(past, T0 + 45 * MINUTE)?.mean).toBeCloseTo(60, 1)
})

test('asks once an hour for the totals, and of an hour that has not changed for nothing more', async () => {
  const reader = new CountingReader()
  reader.rows = rows(T0 - 8 * DAY, T0 + 2 * HOUR)
  const past = await begun(reader, T0)
  expect(reader.asked).toHaveLength(1 + 8)
  reader.asked = []
  for (let ms = 0; ms < 2 * HOUR; ms += 5 * MINUTE) await past.read(reader, T0 + ms)
  expect(reader.asked.map(({ fromMs, toMs, by }) => [(fromMs - T0) / HOUR, (toMs - T0) / HOUR, by.length])).toEqual([
    [-191, 1, 0],
    [0, 1, 2],
  ])
})

test('what could not be read is read at the next turn', async () => {
  const reader = new CountingReader()
  reader.rows = rows(T0 - 8 * DAY, T0)
  const past = new BaselineReading(views)
  reader.isAway = true
  await expect(past.read(reader, T0)).rejects.toMatchObject({ code: 'not_available' })
  reader.isAway = false
  await past.read(reader, T0)
  expect(usualOf(past, T0 + 45 * MINUTE)).toEqual(usualOf(await begun(reader, T0), T0 + 45 * MINUTE))
})
