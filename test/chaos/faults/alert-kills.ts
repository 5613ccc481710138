/**
 * Processes that evaluate alerts are killed at any moment while alerts begin and end, and a receiver that is slow and sometimes busy keeps what it is
 * told. Each alert is a job of its own, so what is due is known: its beginning and its end, each under one id. A repeat under the same id is what a kill
 * between the receiver's answer and the record of it must lead to.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { waitUntil } from '../../support/wait.ts'
import { startReceiver, text, type Answer, type HttpReceiver } from '../../unit/alert/deliver/http-receiver.ts'
import type { Fault } from '../fault.ts'
import { createRandom, type Random } from '../random.ts'
import type { MakeRecord } from '../records.ts'

const EVENTS = 5
const RULE = `title: A job fails\nid: job-fails\nlevel: custom\nseverity: critical\nper: job\nkeepFiring: 1s\ncondition: { count: { over: 1m, atLeast: ${EVENTS} } }\n`
/** From the event to the receiver it is about 5 s: the kill comes before that, in it, or after it. */
const LONGEST_MS = 9_000
const JOINS = 0.8
const SLOWEST_ANSWER_MS = 400
const BUSY = 0.1
/** A minute, the time until it is taken for complete, and what kills have held up. */
const END_MS = 300_000
const MAX_SEED = 1_000_000
const STATUSES = ['firing', 'resolved'] as const

export const alertKills: Fault = {
  name: 'alert-kills',
  about: 'one of two processes is killed (SIGKILL) at random moments while alerts begin and end; each is told once, whoever tells it',
  cycles: 50,
  async run({ cycles, random, servers, bed: makeBed, onEnd, say }) {
    const receiver = await startReceiver(slow(createRandom(random.between(0, MAX_SEED)))) // of its own: requests come when they come, and must not shift the kills
    const folder = mkdtempSync(join(tmpdir(), 'tracefold-rules-'))
    writeFileSync(join(folder, 'job-fails.yml'), RULE)
    onEnd(async () => {
      await receiver.close()
      rmSync(folder, { recursive: true })
    })
    const hook = { type: 'webhook', url: receiver.url, groupBy: ['alert'], match: { rule: 'job-fails' } }
    const bed = await makeBed({ druid: await servers.druid(), over: { alerts: { folders: [folder], receivers: { hook } } } })
    const members = [await bed.start(), await bed.start()]
    const jobs: string[] = []
    for (let i = 0; i < cycles; i++) {
      const job = `alert-${i}`
      jobs.push(job)
      await bed.produce(EVENTS, { partition: i % bed.installation.partitions.length, make: burstOf(job) })
      await delay(random.between(0, LONGEST_MS))
      const victim = Number(random.chance(0.5))
      members[victim]?.assertAlive()
      await members[victim]?.kill('SIGKILL')
      const next = await bed.start()
      members[victim] = next
      if (random.chance(JOINS)) await next.joined()
      if (i % 10 === 9) say(`  ${i + 1} of ${cycles}`)
    }
    const outcome = await bed.conclude()
    const due = jobs.flatMap((job) => STATUSES.map((status) => `${job} ${status}`))
    await waitUntil('the end of each alert', () => due.every((one) => told(receiver).has(one)), END_MS).catch(() => {}) // what is missing shows below
    const ids = told(receiver)
    const missing = due.filter((one) => !ids.has(one))
    const twice = [...ids].filter(([, { size }]) => size > 1).map(([one]) => one)
    return {
      ...outcome,
      lost: outcome.lost + missing.length,
      doubled: outcome.doubled + twice.length,
      differences: [
        ...outcome.differences,
        ...missing.map((one) => `never told: ${one}`),
        ...twice.map((one) => `told under several ids: ${one}`),
      ],
      note: `${due.length} beginnings and ends of alerts, ${receiver.received.length - ids.size} of ${receiver.received.length} requests said something again under its id`,
    }
  },
}

/** What was said, and under which ids. */
function told({ received }: HttpReceiver): Map<string, Set<string>> {
  const ids = new Map<string, Set<string>>()
  for (const { body } of received) {
    const { id, alerts } = JSON.parse(body) as { id: string; alerts: { job: string; status: string }[] } // what our webhook sends
    for (const { job, status } of alerts) {
      const key = `${job} ${status}`
      const known = ids.get(key) ?? new Set()
      ids.set(key, known.add(id))
    }
  }
  return ids
}

function slow(random: Random): Answer {
  return (response, received) => {
    const answer = random.chance(BUSY) ? text('busy', 503) : text('ok')
    setTimeout(() => answer(response, received), random.between(0, SLOWEST_ANSWER_MS))
  }
}

/** All at one time, so that a minute's end does not part them. */
function burstOf(job: string): MakeRecord {
  const timeMillis = Date.now()
  return (id) => ({
    key: Buffer.from(job),
    value: Buffer.from(
      JSON.stringify({
        timeMillis,
        level: 'ERROR',
        loggerName: 'com.acme.Orders',
        thread: 'worker',
        message: `order ${id} failed`,
        contextMap: { job },
      }),
    ),
  })
}
