/** Stalls of the stream that outlast every patience: what comes late is evaluated by its own time all the same, by whoever evaluates then, and nothing is told twice or too soon. */
import { afterEach, expect, test } from 'vitest'
import type { PipelineState } from '../../../../src/alert/run/pipeline-watch.ts'
import { aCountRow } from '../../../support/alert-builders.ts'
import { AlertingWorld, type AlertingProcess } from '../../../support/alerting.ts'
import { HOUR, MINUTE, T0 } from '../../../support/builders.ts'
import { waitUntil } from '../../../support/wait.ts'

const BASE = { title: 'A job fails', level: 'custom', severity: 'high', per: 'job', keepFiring: '1m' }
const FAILS = { ...BASE, id: 'job-fails', condition: { count: { over: '5m', atLeast: 100 } } }
const GROWS = { ...BASE, id: 'job-grows', condition: { ratio: { over: '2m', atLeast: 3, minimum: 100 } } }
const SILENT = { ...BASE, id: 'job-is-silent', for: { job: 'canary' }, condition: { absence: { over: '3m' } } }
const rules = [FAILS, GROWS, SILENT]
const receivers = (url: string) => ({ hook: { type: 'webhook', url: `${url}/hook`, match: { rule: rules.map(({ id }) => id) } } })

let world: AlertingWorld
afterEach(() => world.close())

const at = (minute: number): number => T0 + minute * MINUTE
const told = (): string[] =>
  world
    .told()
    .flatMap(({ alerts }) =>
      alerts.map(({ rule, job, status, startsAt }) => `${status} ${rule.id} ${job} ${(Date.parse(startsAt) - T0) / MINUTE}`),
    )
const ended = (): string[] => told().filter((what) => what.startsWith('resolved'))

/** In some looks; `state`: of the pipeline, so long after the beginning. */
async function pass(one: AlertingProcess, minutes: number, state: (sinceMs: number) => PipelineState, looks = 4): Promise<void> {
  const startMs = world.nowMs
  const endMs = startMs + minutes * MINUTE
  for (let windowMs = Math.floor(startMs / MINUTE) * MINUTE; windowMs < endMs; windowMs += MINUTE)
    world.reader.rows.push(aCountRow({ windowMs, job: 'canary' }))
  while (world.nowMs < endMs) {
    const stepMs = Math.min(endMs - world.nowMs, Math.ceil(minutes / looks) * MINUTE)
    world.pipeline = state(world.nowMs + stepMs - startMs)
    await world.advance(one, stepMs)
  }
}

const KINDS: readonly (readonly [string, (sinceMs: number) => PipelineState])[] = [
  ['the stream is behind', (sinceMs) => ({ lagMs: sinceMs, trouble: null })],
  ['rollups are not written', () => ({ lagMs: 0, trouble: 'Druid does not read' })],
]
const WELL = (): PipelineState => ({ lagMs: 0, trouble: null })

test.each(KINDS.flatMap(([kind, state]) => [20, 40, 150].map((minutes) => [kind, minutes, state] as const)))(
  'while %s for %i minutes what is seen is told, and what came late is told after it, once',
  async (_, minutes, state) => {
    world = await AlertingWorld.make({ rules, receivers })
    let one = world.start()
    world.reader.rows = [1, 2, 3].map((minute) => aCountRow({ windowMs: at(minute), job: 'carts', count: 40 }))
    await pass(one, 4, WELL)
    const since = world.nowMs
    const behind = (passed: number) => (sinceMs: number) => state(passed * MINUTE + sinceMs)
    await pass(one, minutes / 2, behind(0))
    const seenAt = Math.floor((world.nowMs - T0) / MINUTE)
    world.reader.rows.push(aCountRow({ windowMs: at(seenAt), job: 'orders', count: 400 }))
    await pass(one, 1, behind(minutes / 2))
    await waitUntil('what can be seen', () => told().includes(`firing job-fails orders ${seenAt}`))
    await one.stop()
    one = world.start()
    await pass(one, minutes / 2 - 1, behind(minutes / 2 + 1))
    expect(world.nowMs - since).toBe(minutes * MINUTE)
    expect(told()).toEqual(['firing job-fails carts 3', `firing job-fails orders ${seenAt}`])

    for (const minute of [8, 9, 10]) world.reader.rows.push(aCountRow({ windowMs: at(minute), job: 'bills', count: 400 }))
    await pass(one, 12, WELL, 3)
    const ends = [
      'resolved job-fails carts 3',
      'resolved job-fails bills 8',
      'resolved job-grows bills 8',
      `resolved job-fails orders ${seenAt}`,
      `resolved job-grows orders ${seenAt}`,
    ]
    await waitUntil('all ends', () => ended().length >= ends.length)
    const begun = ['firing job-fails carts 3', `firing job-fails orders ${seenAt}`]
    expect(
      told()
        .filter((what) => what !== `firing job-grows orders ${seenAt}`)
        .toSorted(),
    ).toEqual([...begun, ...ends].toSorted())
    const history = await one.desk.history({ fromMs: T0, toMs: world.nowMs, limit: 10 })
    expect(history.find(({ subject, rule }) => subject.job === 'bills' && rule.id === 'job-fails')).toMatchObject({
      startsAtMs: at(8),
      endsAtMs: at(16),
    })
  },
  60_000,
)

test('of a stall of days as much is made up for as the settings say, and what is seen in it is told', async () => {
  world = await AlertingWorld.make({ rules: [FAILS], receivers })
  const one = world.start()
  await pass(one, 2, WELL)
  for (let hour = 1; hour <= 50; hour++) {
    world.pipeline = { lagMs: hour * HOUR, trouble: null }
    if (hour === 49) world.reader.rows.push(aCountRow({ windowMs: world.nowMs - 30_000 + HOUR, job: 'orders', count: 400 }))
    await world.advance(one, HOUR)
  }
  await waitUntil('what can be seen', () => told().length === 1)
  for (const hour of [3, 30]) world.reader.rows.push(aCountRow({ windowMs: T0 + hour * HOUR, job: `at-${hour}`, count: 400 }))
  await pass(one, 3, WELL)
  await waitUntil('their ends', () => ended().length >= 2)
  expect(told()[0]).toBe(`firing job-fails orders ${49 * 60 + 2}`)
  expect(ended().toSorted()).toEqual(['resolved job-fails at-30 1800', `resolved job-fails orders ${49 * 60 + 2}`])
})
