import { afterEach, describe, expect, it, vi } from 'vitest'
import type { Notification } from '../../../../src/alert/alert.ts'
import { Lane, LANE_LIMITS, type LaneLimits, type Outcome } from '../../../../src/alert/deliver/lane.ts'
import { busy, refused, type Receiver } from '../../../../src/alert/deliver/receiver.ts'
import { T0 } from '../../../support/builders.ts'
import { waitUntil } from '../../../support/wait.ts'
import { aNotification, anAlert } from './alerts.ts'
import { held } from './held.ts'

type Answer = 'yes' | Error | Promise<void>

/** A receiver in the test's hand: answers by notification id, in turn; the last one goes on. */
class Scripted implements Receiver {
  readonly name = 'x'
  readonly tries: string[] = []
  readonly answers = new Map<string, Answer[]>()

  async send({ id }: Notification, signal: AbortSignal): Promise<void> {
    this.tries.push(id)
    const script = this.answers.get(id) ?? ['yes']
    const answer = script.length > 1 ? script.shift() : script[0]
    if (answer instanceof Error) throw answer
    if (answer instanceof Promise)
      await Promise.race([answer, new Promise((_, reject) => signal.addEventListener('abort', () => reject(busy('aborted'))))])
  }

  async close(): Promise<void> {}
}

const lanes: Lane[] = []
afterEach(async () => {
  vi.useRealTimers()
  await Promise.all(lanes.splice(0).map((lane) => lane.stop(0)))
})

/** Without back-off, and with a clock that stands still: most tests are about something else. */
function aLane(limits: Partial<LaneLimits> = {}, now: () => number = () => T0, random: () => number = () => 0) {
  const receiver = new Scripted()
  const outcomes: [string, Outcome][] = []
  const waits: number[] = []
  const lane = new Lane({
    receiver,
    limits: { ...LANE_LIMITS, ...limits },
    now,
    random,
    events: { onSettled: ({ id }, outcome) => void outcomes.push([id, outcome]), onRetry: (_, __, waitMs) => void waits.push(waitMs) },
  })
  lanes.push(lane)
  return { lane, receiver, outcomes, waits }
}

const one = (id: string, severity: 'critical' | 'high' | 'low' = 'high'): Notification =>
  aNotification({ id, alerts: [anAlert({ severity })] })
const never = new Promise<void>(() => {})

describe('a lane', () => {
  it('tries until the receiver says yes, and says how often', async () => {
    const { lane, receiver, outcomes } = aLane()
    receiver.answers.set('a', [busy('1'), busy('2'), 'yes'])
    lane.push(one('a'))
    await waitUntil('the outcome', () => outcomes.length === 1)
    expect(outcomes).toEqual([['a', { kind: 'sent', tries: 3 }]])
    expect(lane.size).toBe(0)
  })

  it('does not try again what is refused', async () => {
    const { lane, receiver, outcomes } = aLane()
    receiver.answers.set('a', [refused('HTTP 400')])
    lane.push(one('a'))
    await waitUntil('the outcome', () => outcomes.length === 1)
    expect(outcomes).toEqual([['a', { kind: 'failed', trouble: { reason: 'refused', error: 'HTTP 400', tries: 1, alerts: 1, atMs: T0 } }]])
  })

  it('gives up after so many tries', async () => {
    const { lane, receiver, outcomes } = aLane({ maxTries: 4 })
    receiver.answers.set('a', [busy('HTTP 503')])
    lane.push(one('a'))
    await waitUntil('the outcome', () => outcomes.length === 1)
    expect(outcomes[0]?.[1]).toMatchObject({ kind: 'failed', trouble: { reason: 'gave_up', error: 'HTTP 503', tries: 4 } })
  })

  it('gives up after so long', async () => {
    const { lane, receiver, outcomes } = aLane({ giveUpAfterMs: 60_000 })
    receiver.answers.set('a', [busy('1', 60_001)])
    lane.push(one('a'))
    await waitUntil('the outcome', () => outcomes.length === 1)
    expect(outcomes[0]?.[1]).toMatchObject({ kind: 'failed', trouble: { reason: 'gave_up', tries: 1 } })
  })

  it('keeps the pause that a receiver asks for, for all that it has for it', async () => {
    vi.useFakeTimers()
    const { lane, receiver, waits } = aLane({ maxParallel: 1 }, Date.now)
    receiver.answers.set('a', [busy('slow down', 17_000), 'yes'])
    lane.push(one('a'))
    lane.push(one('b'))
    await vi.advanceTimersByTimeAsync(16_999)
    expect(waits).toEqual([17_000])
    expect(receiver.tries).toEqual(['a'])
    await vi.advanceTimersByTimeAsync(1)
    expect(receiver.tries.toSorted()).toEqual(['a', 'a', 'b'])
  })

  it('waits longer after each failure, up to 100 seconds, with jitter', async () => {
    vi.useFakeTimers()
    const { lane, receiver, waits } = aLane({}, Date.now, () => 0.5)
    receiver.answers.set('a', [busy('away')])
    lane.push(one('a'))
    await vi.advanceTimersByTimeAsync(300_000)
    expect(waits.slice(0, 9)).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 50_000, 50_000])
  })

  it('lets others pass while one waits for its next try', async () => {
    const { lane, receiver, outcomes } = aLane({ maxParallel: 1 })
    const hand = held()
    receiver.answers.set('a', [busy('1'), hand.promise])
    lane.push(one('a'))
    lane.push(one('b'))
    await waitUntil('the first that is through', () => outcomes.length === 1)
    expect(outcomes[0]?.[0]).toBe('b')
    hand.resolve()
  })

  it('sends the worst first', async () => {
    const { lane, receiver, outcomes } = aLane({ maxParallel: 1 })
    const hand = held()
    receiver.answers.set('first', [hand.promise])
    for (const notification of [one('first', 'low'), one('low', 'low'), one('high'), one('critical', 'critical')]) lane.push(notification)
    hand.resolve()
    await waitUntil('all', () => outcomes.length === 4)
    expect(receiver.tries).toEqual(['first', 'critical', 'high', 'low'])
  })

  it('has but so many under way at once', async () => {
    const { lane, receiver } = aLane({ maxParallel: 2 })
    for (const id of ['a', 'b', 'c']) {
      receiver.answers.set(id, [never])
      lane.push(one(id))
    }
    await waitUntil('two tries', () => receiver.tries.length === 2)
    expect(lane.size).toBe(3)
    expect(receiver.tries).toEqual(['a', 'b'])
  })

  it('leaves a gap between any two tries where the receiver has a rate limit', async () => {
    vi.useFakeTimers()
    const { lane, receiver } = aLane({ gapMs: 3_000 }, Date.now)
    for (const id of ['a', 'b', 'c']) lane.push(one(id))
    await vi.advanceTimersByTimeAsync(2_999)
    expect(receiver.tries).toEqual(['a'])
    await vi.advanceTimersByTimeAsync(1)
    expect(receiver.tries).toEqual(['a', 'b'])
    await vi.advanceTimersByTimeAsync(3_000)
    expect(receiver.tries).toEqual(['a', 'b', 'c'])
  })

  it('shows a fault of our own as undelivered, and goes on with the others', async () => {
    const { lane, receiver, outcomes } = aLane()
    receiver.answers.set('a', [new TypeError('x is not a function')])
    lane.push(one('a'))
    lane.push(one('b'))
    await waitUntil('both', () => outcomes.length === 2)
    expect(outcomes).toContainEqual(['b', { kind: 'sent', tries: 1 }])
    expect(outcomes.find(([id]) => id === 'a')?.[1]).toMatchObject({
      kind: 'failed',
      trouble: { reason: 'refused', error: 'a fault of Tracefold itself: TypeError: x is not a function' },
    })
  })
})

describe('a stop', () => {
  it('waits for what is under way', async () => {
    const { lane, receiver, outcomes } = aLane()
    const hand = held()
    receiver.answers.set('a', [hand.promise])
    lane.push(one('a'))
    const stopped = lane.stop(60_000)
    hand.resolve()
    await stopped
    expect(outcomes).toEqual([['a', { kind: 'sent', tries: 1 }]])
  })

  it('settles nothing that it cuts off, or never began', async () => {
    const { lane, receiver, outcomes, waits } = aLane({ maxParallel: 1 })
    receiver.answers.set('a', [never])
    lane.push(one('a'))
    lane.push(one('b'))
    await lane.stop(10)
    expect(outcomes).toEqual([])
    expect(waits).toEqual([])
    expect(receiver.tries).toEqual(['a'])
  })

  it('tries nothing again', async () => {
    const { lane, receiver, outcomes } = aLane()
    const hand = held()
    receiver.answers.set('a', [hand.promise, 'yes'])
    lane.push(one('a'))
    const stopped = lane.stop(60_000)
    hand.reject(busy('no'))
    await stopped
    expect(outcomes).toEqual([])
    expect(receiver.tries).toEqual(['a'])
  })
})
