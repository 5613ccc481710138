/** Alerts on the real servers: from an event's acknowledgement in Kafka to the receiver's request, and through the death of the process that evaluates. */
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { createNeighbours, setUp, type Neighbours } from '../../src/cluster/neighbours.ts'
import type { Settings } from '../../src/config/schema.ts'
import { endDruid, ownSettings, silent } from '../support/cluster.ts'
import { requireServices } from '../support/services.ts'
import { startTracefold, type Running } from '../support/tracefold.ts'
import { waitUntil } from '../support/wait.ts'
import { startReceiver, text, type HttpReceiver } from '../unit/alert/deliver/http-receiver.ts'

const services = requireServices('kafka', 'elasticsearch', 'druid')
const PATIENCE_MS = 45_000

const RULE = `
title: A job fails
id: job-fails
level: custom
severity: critical
per: job
condition: { count: { over: 10m, atLeast: 5 } }
`

interface Told {
  readonly id: string
  readonly status: string
  readonly alerts: readonly { readonly key: string; readonly job: string; readonly status: string; readonly count: number }[]
}

services.describe('alerts', () => {
  const releases: (() => Promise<unknown>)[] = []
  afterEach(async () => {
    for (const release of releases.splice(0).toReversed()) await release()
  })

  test('reach the receiver, and another process goes on where a killed one left off: nothing under two ids, nothing lost', async () => {
    const receiver = await startReceiver(text('ok'))
    releases.push(() => receiver.close())
    const { settings, neighbours } = await installed(receiver)
    const members = await Promise.all([started(settings, receiver), started(settings, receiver)])
    const owned = (one: Running) => ownedShards(one)
    await waitUntil(
      'both to own shards',
      async () => (await Promise.all(members.map(owned))).every((shards) => shards.length > 0),
      PATIENCE_MS,
    ).catch(async (error: unknown) => {
      throw new Error(`${String(error)}\n${(await Promise.all(members.map(stateOf))).join('\n')}`)
    })

    const producer = neighbours.kafka.producer()
    await producer.connect()
    releases.push(() => producer.disconnect())
    const produce = (job: string) =>
      producer.send({
        topic: settings.kafka.topics[0]!,
        acks: -1,
        messages: Array.from({ length: 5 }, (_, i) => ({ value: line(job, i) })),
      })
    const told = () => receiver.received.map(({ body }) => JSON.parse(body) as Told)
    const arrival = (job: string) =>
      waitUntil(`the alert of ${job}`, () => told().some(({ alerts }) => alerts.some((alert) => alert.job === job)), PATIENCE_MS)

    for (const job of ['first', 'second']) {
      await produce(job)
      await arrival(job)
    }
    const owner = await waitUntil(
      'the owner of the rule',
      async () => members.find(({ pid }) => ownersOf.get(pid)?.includes(ruleShard)) ?? null,
    )
    const survivor = members.find((one) => one !== owner)!
    await owner.kill('SIGKILL')
    await produce('third')
    await Promise.all([
      arrival('third'),
      waitUntil('all shards with the survivor', async () => (await owned(survivor)).length === settings.alerts.shards, PATIENCE_MS),
    ])
    // Killed between the receiver's answer and the record of it, a notification comes again, under the same id.
    const byId = new Map(told().map((one) => [one.id, one]))
    const firing = [...byId.values()].flatMap(({ alerts }) => alerts.filter(({ status }) => status === 'firing').map(({ job }) => job))
    expect(firing.toSorted()).toEqual(['first', 'second', 'third'])
  })

  const ownersOf = new Map<number, readonly number[]>()
  let ruleShard = -1

  async function installed(receiver: HttpReceiver): Promise<{ settings: Settings; neighbours: Neighbours }> {
    const { shardOf } = await import('../../src/alert/run/state-log.ts')
    const folder = mkdtempSync(join(tmpdir(), 'tracefold-rules-'))
    writeFileSync(join(folder, 'job-fails.yml'), RULE)
    const alerts = {
      folders: [folder],
      receivers: { hook: { type: 'webhook', url: `${receiver.url}/hook`, groupBy: ['alert'], match: { rule: 'job-fails' } } },
    }
    const settings = ownSettings(
      services,
      { alerts, kafka: { sessionTimeoutMs: 6_000 }, rollup: { flushMs: 200 }, detail: { flushMs: 200 } },
      2,
      true,
    )
    ruleShard = shardOf('job-fails', settings.alerts.shards)
    const neighbours = createNeighbours(settings, silent)
    releases.push(() => neighbours.close())
    await setUp(neighbours, settings)
    releases.push(() => endDruid({ neighbours }))
    return { settings, neighbours }
  }

  async function started(settings: Settings, _receiver: HttpReceiver): Promise<Running> {
    const app = await startTracefold(plain(settings))
    releases.push(() => app.kill('SIGKILL'))
    return app
  }

  async function ownedShards({ url, pid }: Running): Promise<readonly number[]> {
    const { shards } = (await (await fetch(new URL('api/v1/alerts/evaluation', url))).json()) as {
      shards: { shard: number; is_ours: boolean }[]
    }
    const own = shards.filter((one) => one.is_ours).map(({ shard }) => shard)
    ownersOf.set(pid, own)
    return own
  }
})

/** What the program says of itself, for the report of a failure. */
async function stateOf({ url, output }: Running): Promise<string> {
  const texts = await Promise.all(
    ['readyz', 'api/v1/alerts/evaluation'].map((path) => fetch(new URL(path, url)).then((answer) => answer.text(), String)),
  )
  return [...texts, output().slice(-4_000)].join('\n')
}

function plain({ name, mode, logLevel, kafka, elasticsearch, druid, alerts, rollup, detail }: Settings): Record<string, unknown> {
  return {
    name,
    mode,
    logLevel,
    kafka: { brokers: kafka.brokers, topics: kafka.topics, partitions: kafka.partitions, sessionTimeoutMs: kafka.sessionTimeoutMs },
    elasticsearch: { nodes: elasticsearch.nodes, replicas: elasticsearch.replicas },
    druid: { queryUrl: druid.queryUrl, coordinatorUrl: druid.coordinatorUrl, replicas: druid.replicas },
    alerts: { folders: alerts.folders, receivers: alerts.receivers },
    rollup: { flushMs: rollup.flushMs },
    detail: { flushMs: detail.flushMs },
    http: { port: 0 },
  }
}

function line(job: string, i: number): string {
  return JSON.stringify({
    message: `boom ${i}`,
    level: 'ERROR',
    loggerName: 'com.acme.Orders',
    thread: 't',
    loggerFqcn: 'x',
    contextMap: { job },
    instant: { epochSecond: Math.floor(Date.now() / 1_000), nanoOfSecond: 0 },
  })
}
