import fc from 'fast-check'
import { describe, it, expect } from 'vitest'
import type { Policy } from '../../../../src/alert/deliver/policy.ts'
import { HOUR, MINUTE } from '../../../support/builders.ts'
import { aPolicy, SECOND } from './policies.ts'
import { JOBS, Story, type Step } from './take-over.ts'

const jobs = fc.subarray(Array.from({ length: JOBS }, (_, i) => i))
const few = fc.oneof({ weight: 2, arbitrary: fc.constant<number[]>([]) }, jobs)

const death = fc.option(
  fc.record({ at: fc.constantFrom('planned', 'torn', 'kept', 'sent'), share: fc.double({ min: 0, max: 1, noNaN: true }) }),
  { freq: 2 },
)
const step: fc.Arbitrary<Step> = fc.record({
  waitMs: fc.constantFrom(0, SECOND, 5 * SECOND, 10 * SECOND, MINUTE),
  turned: few,
  worse: fc.oneof({ weight: 4, arbitrary: fc.constant<number[]>([]) }, jobs),
  muted: few,
  receiverFails: fc.boolean(),
  death,
})
const steps = fc.array(step, { maxLength: 40 })

const policy: fc.Arbitrary<Policy> = fc
  .record({
    groupBy: fc.constantFrom([], ['rule'], ['alert']),
    groupWaitMs: fc.constantFrom(0, 10 * SECOND),
    groupIntervalMs: fc.constantFrom(0, MINUTE),
    sendResolved: fc.boolean(),
  })
  .map((over) => aPolicy(over))

const runs = { numRuns: 250 }

function tell(how: Policy, what: readonly Step[]): Story {
  const story = new Story(how)
  for (const one of what) story.step(one)
  return story
}

const QUIET: Omit<Step, 'waitMs'> = { turned: [], worse: [], muted: [], receiverFails: false, death: null }

/** Long enough for every pause, too short for a repeat. */
function untilQuiet(story: Story): Story {
  for (let i = 0; i < 150; i++) story.step({ ...QUIET, waitMs: MINUTE })
  return story
}

describe('whatever happens, and whoever dies when,', () => {
  it('nothing is lost: in the end the receiver knows of each alert how it stands', () => {
    fc.assert(
      fc.property(policy, steps, (how, what) => {
        const story = untilQuiet(
          tell(
            { ...how, sendResolved: true },
            what.map((one) => ({ ...one, muted: [] })),
          ),
        )
        for (const alert of story.world.alerts) {
          // One that began and ended between two looks of the same turn is not known to anybody.
          const last = story.taken.last.get(alert.key)
          expect([alert.key, last?.startsAtMs, last?.status]).toEqual([alert.key, alert.startsAtMs, alert.status])
        }
      }),
      runs,
    )
  })

  it('what fires is told, mutes or not, once the mutes are over', () => {
    fc.assert(
      fc.property(policy, steps, (how, what) => {
        const story = untilQuiet(tell(how, what))
        for (const alert of story.world.firing)
          expect(story.taken.last.get(alert.key)).toMatchObject({
            startsAtMs: alert.startsAtMs,
            status: 'firing',
            severity: alert.severity,
          })
      }),
      runs,
    )
  })

  it('nothing is told twice under different ids', () => {
    fc.assert(
      fc.property(policy, steps, (how, what) => {
        const { idsOf } = untilQuiet(tell(how, what)).taken
        expect([...idsOf].filter(([, ids]) => ids.size > 1)).toEqual([])
      }),
      runs,
    )
  })

  it('the receiver that deduplicates hears the same, at the same times, as if nobody had died', () => {
    fc.assert(
      fc.property(policy, steps, (how, what) => {
        const answered = what.map((one) => ({ ...one, receiverFails: false }))
        const deaths = untilQuiet(tell(how, answered)).taken
        const none = untilQuiet(
          tell(
            how,
            answered.map((one) => ({ ...one, death: null })),
          ),
        ).taken
        expect([...deaths.firstAt].sort()).toEqual([...none.firstAt].sort())
      }),
      runs,
    )
  })

  describe('every beginning of what was to be kept is a good state:', () => {
    const wait = (waitMs: number, ...turned: number[]): Step => ({ ...QUIET, waitMs, turned })
    const story = [
      wait(0, 0, 1),
      wait(0, 0, 2),
      wait(10 * SECOND, 0),
      wait(MINUTE, 1, 2),
      wait(0, 0, 1),
      wait(MINUTE, 0, 1),
      { ...wait(0, 2), muted: [2] },
      wait(10 * SECOND, 2),
      wait(MINUTE),
    ]
    const quiet = Array.from({ length: 5 }, () => wait(MINUTE))
    const heard = (how: Policy, what: readonly Step[]): unknown => [...tell(how, [...what, ...quiet]).taken.firstAt].sort()
    const SHARES = 12

    it.each(
      [[], ['rule'], ['alert']].flatMap((groupBy) =>
        [0, 10 * SECOND].flatMap((groupWaitMs) =>
          [0, MINUTE].flatMap((groupIntervalMs) =>
            [true, false].map((sendResolved) => aPolicy({ groupBy, groupWaitMs, groupIntervalMs, sendResolved })),
          ),
        ),
      ),
    )('grouped by $groupBy, after $groupWaitMs ms, every $groupIntervalMs ms, ends told: $sendResolved', (how) => {
      const wanted = heard(how, story)
      for (let torn = 0; torn < story.length; torn++) {
        for (let kept = 0; kept <= SHARES; kept++) {
          const what = story.map((one, i): Step => (i === torn ? { ...one, death: { at: 'torn', share: kept / SHARES } } : one))
          expect(heard(how, what), `torn at turn ${torn}, ${kept}/${SHARES} kept`).toEqual(wanted)
        }
      }
    })
  })

  it('what fires on is repeated no sooner and no later', () => {
    fc.assert(
      fc.property(policy, fc.array(death, { minLength: 60, maxLength: 60 }), (how, deaths) => {
        const repeating = { ...how, repeatIntervalMs: HOUR, maxRepeatIntervalMs: 4 * HOUR }
        const story = new Story(repeating)
        story.step({ ...QUIET, waitMs: 0, turned: [0] })
        for (const one of deaths) story.step({ ...QUIET, waitMs: 10 * MINUTE, death: one })
        const [first = 0, ...later] = [...story.taken.firstAt.values()]
        // Looked at every ten minutes only.
        expect(later.map((at) => Math.round((at - first) / HOUR))).toEqual([1, 3, 7])
      }),
      { numRuns: 50 },
    )
  })
})
