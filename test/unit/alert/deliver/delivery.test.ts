import { afterEach, describe, expect, it } from 'vitest'
import type { Notification } from '../../../../src/alert/alert.ts'
import { Delivery, type DeliveryOptions, type Route } from '../../../../src/alert/deliver/delivery.ts'
import { busy, refused, type Receiver } from '../../../../src/alert/deliver/receiver.ts'
import type { SavedRecord } from '../../../../src/alert/deliver/records.ts'
import type { Undelivered } from '../../../../src/alert/deliver/status.ts'
import { TracefoldError } from '../../../../src/errors.ts'
import { waitUntil } from '../../../support/wait.ts'
import { anAlert, resolved } from './alerts.ts'
import { held } from './held.ts'
import { forgetfulPolicy, promptPolicy } from './policies.ts'

const orders = anAlert()
const billing = anAlert({ subject: { job: 'billing' } })

/** Keeps what it is sent, after it was asked what to say. */
class Ear implements Receiver {
  readonly heard: Notification[] = []
  readonly name: string
  answer: (notification: Notification, signal: AbortSignal) => Promise<void> = async () => {}
  closed = false

  constructor(name = 'oncall') {
    this.name = name
  }

  async send(notification: Notification, signal: AbortSignal): Promise<void> {
    await this.answer(notification, signal)
    this.heard.push(notification)
  }

  async close(): Promise<void> {
    this.closed = true
  }

  get words(): string[] {
    return this.heard.flatMap(({ alerts }) => alerts.map(({ subject, status }) => `${subject.job} ${status}`))
  }
}

/** Records as a compacted topic would keep them. */
class Keeper {
  readonly records = new Map<string, string>()
  saves = 0
  answer: () => Promise<void> = async () => {}

  readonly save = async (records: readonly SavedRecord[]): Promise<void> => {
    await this.answer()
    this.saves++
    for (const { key, value } of records) {
      if (value === null) this.records.delete(key)
      else this.records.set(key, JSON.stringify(value))
    }
  }

  get all(): SavedRecord[] {
    return [...this.records].map(([key, value]) => ({ key, value: JSON.parse(value) as SavedRecord['value'] }))
  }
}

const running: Delivery[] = []
afterEach(() => Promise.all(running.splice(0).map((delivery) => delivery.stop(100))))

function routeTo(receiver: Receiver, policy = promptPolicy({ receiver: receiver.name, groupBy: ['alert'] })): Route {
  return { type: 'webhook', policy, receiver }
}

function deliver(keeper: Keeper, routes: readonly Route[], over: Partial<DeliveryOptions> = {}) {
  const undelivered: Undelivered[] = []
  const told: string[] = []
  const delivery = new Delivery({
    routes,
    restored: keeper.all,
    save: keeper.save,
    suppressionOf: () => 'none',
    now: Date.now,
    random: () => 0,
    tickMs: 20,
    events: {
      sent: (receiver) => void told.push(`sent ${receiver}`),
      retried: (receiver) => void told.push(`retried ${receiver}`),
      undelivered: (one) => void undelivered.push(one),
      refused: (alerts) => void told.push(`refused ${alerts}`),
      notKept: () => void told.push('not kept'),
    },
    ...over,
  })
  running.push(delivery)
  return { delivery, undelivered, told }
}

describe('delivery', () => {
  it('tells what fires, and its end, and keeps nothing after', async () => {
    const [ear, keeper] = [new Ear(), new Keeper()]
    const { delivery } = deliver(keeper, [routeTo(ear)])
    delivery.observe([orders, billing])
    await waitUntil('both', () => ear.heard.length === 2)
    delivery.observe([resolved(orders), resolved(billing)])
    await waitUntil('both ends', () => ear.heard.length === 4)
    expect(ear.words.toSorted()).toEqual(['billing firing', 'billing resolved', 'orders firing', 'orders resolved'])
    await waitUntil('nothing is kept', () => keeper.records.size === 0)
    expect(delivery.status()).toMatchObject([
      { name: 'oncall', type: 'webhook', waiting: 0, alerts: 0, sent: 4, undelivered: 0, lastError: null },
    ])
  })

  it('keeps what it is about to send before it sends it', async () => {
    const [ear, keeper] = [new Ear(), new Keeper()]
    const hand = held()
    keeper.answer = () => hand.promise
    const { delivery } = deliver(keeper, [routeTo(ear)])
    delivery.observe([orders])
    await waitUntil('it is being kept', () => delivery.status()[0]?.alerts === 1)
    expect(ear.heard).toEqual([])
    hand.resolve()
    await waitUntil('it is sent', () => ear.heard.length === 1)
  })

  it('goes on once records can be kept again, and says that they could not', async () => {
    const [ear, keeper] = [new Ear(), new Keeper()]
    let failures = 2
    keeper.answer = async () => {
      if (failures-- > 0) throw new TracefoldError('neighbour_away', 'Kafka is away')
    }
    const { delivery, told } = deliver(keeper, [routeTo(ear)])
    delivery.observe([orders])
    await waitUntil('it is sent', () => ear.heard.length === 1)
    expect(told.filter((one) => one === 'not kept')).toHaveLength(2)
  })

  it('ends at once when the shard is no longer ours, and sends nothing more', async () => {
    const [ear, keeper] = [new Ear(), new Keeper()]
    keeper.answer = async () => {
      throw new TracefoldError('partition_lost', 'another process has it')
    }
    const { delivery } = deliver(keeper, [routeTo(ear)])
    delivery.observe([orders])
    await expect(delivery.ended).rejects.toMatchObject({ code: 'partition_lost' })
    expect(ear.heard).toEqual([])
  })

  it('a slow receiver delays no other', async () => {
    const [slow, quick, keeper] = [new Ear('slow'), new Ear('quick'), new Keeper()]
    slow.answer = (_, signal) => new Promise((__, reject) => signal.addEventListener('abort', () => reject(busy('too slow'))))
    const { delivery } = deliver(keeper, [routeTo(slow), routeTo(quick)])
    delivery.observe([orders])
    await waitUntil('the quick one has it', () => quick.heard.length === 1)
    delivery.observe([billing])
    await waitUntil('and that', () => quick.heard.length === 2)
    expect(delivery.status().map(({ name, waiting }) => [name, waiting])).toEqual([
      ['slow', 2],
      ['quick', 0],
    ])
  })

  it('shows what was refused: which, why, how often', async () => {
    const [ear, keeper] = [new Ear(), new Keeper()]
    ear.answer = async () => {
      throw refused('HTTP 404, "no_service"')
    }
    const { delivery, undelivered } = deliver(keeper, [routeTo(ear)])
    delivery.observe([orders])
    await waitUntil('it is undelivered', () => undelivered.length === 1)
    expect(delivery.undelivered()).toEqual(undelivered)
    expect(undelivered).toMatchObject([
      { receiver: 'oncall', group: 'alert=spike/orders', reason: 'refused', lastError: 'HTTP 404, "no_service"', tries: 1, alerts: 1 },
    ])
    expect(delivery.status()).toMatchObject([{ undelivered: 1, sent: 0, lastError: { retriable: false } }])
  })

  it('still shows what was undelivered after a restart', async () => {
    const [ear, keeper] = [new Ear(), new Keeper()]
    ear.answer = async () => {
      throw refused('HTTP 404')
    }
    const { delivery, undelivered } = deliver(keeper, [routeTo(ear)])
    delivery.observe([orders])
    await waitUntil('it is undelivered', () => undelivered.length === 1)
    await delivery.stop(1_000)
    expect(deliver(keeper, [routeTo(new Ear())]).delivery.undelivered()).toMatchObject([
      { id: null, receiver: 'oncall', reason: 'refused', lastError: 'HTTP 404' },
    ])
  })

  it('gives up a forgetful receiver soon, since it is told anew anyway', async () => {
    const [ear, keeper] = [new Ear(), new Keeper()]
    ear.answer = async () => {
      throw busy('away', 61_000)
    }
    const { delivery, undelivered } = deliver(keeper, [{ type: 'alertmanager', receiver: ear, policy: forgetfulPolicy() }])
    delivery.observe([orders])
    await waitUntil('it is undelivered', () => undelivered.length === 1)
    expect(undelivered).toMatchObject([{ reason: 'gave_up', tries: 1 }])
  })

  it('refuses records of a newer version at once', () => {
    expect(
      () =>
        new Delivery({
          routes: [routeTo(new Ear())],
          restored: [{ key: 'oncall/x', value: { v: 9 } }],
          save: async () => {},
          suppressionOf: () => 'none',
          now: Date.now,
          events: { sent() {}, retried() {}, undelivered() {}, refused() {}, notKept() {} },
        }),
    ).toThrowError(/a newer Tracefold/)
  })
})

describe('a stop', () => {
  it('lets what is under way end, records it, and closes the receivers', async () => {
    const [ear, keeper] = [new Ear(), new Keeper()]
    const hand = held()
    ear.answer = () => hand.promise
    const { delivery } = deliver(keeper, [routeTo(ear)])
    delivery.observe([orders])
    await waitUntil('it is under way', () => delivery.status()[0]?.waiting === 1)
    const stopped = delivery.stop(60_000)
    hand.resolve()
    await stopped
    expect(ear.closed).toBe(true)
    await expect(delivery.ended).resolves.toBeUndefined()
    const next = new Ear()
    const { delivery: successor } = deliver(keeper, [routeTo(next)])
    successor.observe([orders, billing])
    await waitUntil('only the other is told', () => next.heard.length > 0)
    expect([...ear.words, ...next.words]).toEqual(['orders firing', 'billing firing'])
  })

  it('leaves what it cuts off to the next process, under the same id', async () => {
    const [ear, keeper] = [new Ear(), new Keeper()]
    const ids: string[] = []
    ear.answer = ({ id }, signal) => {
      ids.push(id)
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(busy('cut off'))))
    }
    const { delivery } = deliver(keeper, [routeTo(ear)])
    delivery.observe([orders])
    await waitUntil('it is under way', () => ids.length === 1)
    await delivery.stop(10)
    const next = new Ear()
    deliver(keeper, [routeTo(next)])
    await waitUntil('the next has sent it', () => next.heard.length === 1)
    expect(next.heard[0]?.id).toBe(ids[0])
  })
})

it('a process that dies between the answer and the record has it sent again under the same id, and only then', async () => {
  const [ear, keeper] = [new Ear(), new Keeper()]
  const { delivery } = deliver(keeper, [routeTo(ear)])
  keeper.answer = async () => {
    if (ear.heard.length > 0) throw new TracefoldError('partition_lost', 'dead')
  }
  delivery.observe([orders])
  await expect(delivery.ended).rejects.toMatchObject({ code: 'partition_lost' })
  keeper.answer = async () => {}
  const second = new Ear()
  const { delivery: successor } = deliver(keeper, [routeTo(second)])
  await waitUntil('it is sent again', () => second.heard.length === 1)
  expect(second.heard[0]?.id).toBe(ear.heard[0]?.id)
  await successor.stop(1_000)
  const third = new Ear()
  const { delivery: last } = deliver(keeper, [routeTo(third)])
  last.observe([orders, billing])
  await waitUntil('what is new is told', () => third.heard.length > 0)
  expect(third.words).toEqual(['billing firing'])
})
