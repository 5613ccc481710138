/**
 * Druid's troubles: everything killed at once, the task killed, the supervisor suspended, the way to SQL cut or truncated. Rows wait in the rollup topic; what
 * needs Druid says clearly that it is not there; afterwards every event is counted once.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { startDruid } from '../../../tools/services/druid.ts'
import { startProxy } from '../../support/proxy.ts'
import { waitUntil } from '../../support/wait.ts'
import type { Bed } from '../bed.ts'
import type { Fault } from '../fault.ts'

const RATE = 200
const READY_MS = 120_000

export const druidKilled: Fault = {
  name: 'druid-killed',
  about: "the JVM with Druid's indexer and all the rest is killed while rows flow, and started again on its data",
  cycles: 2,
  async run({ cycles, random, bed: makeBed, onEnd }) {
    const druid = await startDruid()
    onEnd(() => druid.close())
    const bed = await makeBed({ druid })
    const member = await bed.start()
    await bed.produce(1_000)
    await druidAnswers(bed)
    for (let i = 0; i < cycles; i++) {
      const flow = bed.flow(RATE)
      await delay(random.between(1_000, 6_000))
      await druid.kill()
      await delay(random.between(0, 5_000))
      await druid.restart()
      await flow.stop()
    }
    const outcome = await bed.conclude()
    member.assertAlive()
    return outcome
  },
}

export const druidSupervisor: Fault = {
  name: 'druid-supervisor',
  about: 'the supervisor is suspended and resumed, and its running task is shut down, while rows flow',
  cycles: 3,
  async run({ cycles, random, servers, bed: makeBed }) {
    const bed = await makeBed({ druid: await servers.druid() })
    await bed.start()
    await bed.produce(1_000)
    await druidAnswers(bed)
    const flow = bed.flow(RATE)
    const { druid, names } = bed.installation.neighbours
    const supervisor = `/druid/indexer/v1/supervisor/${names.datasource}`
    for (let i = 0; i < cycles; i++) {
      await delay(random.between(1_000, 4_000))
      await druid.manage('POST', `${supervisor}/suspend`)
      await delay(random.between(1_000, 8_000))
      await druid.manage('POST', `${supervisor}/resume`)
      await delay(random.between(4_000, 8_000))
      const tasks = (await druid.manage('GET', '/druid/indexer/v1/runningTasks')).body as { id: string; dataSource: string }[] // Druid's own form
      for (const { id, dataSource } of tasks)
        if (dataSource === names.datasource) await druid.manage('POST', `/druid/indexer/v1/task/${encodeURIComponent(id)}/shutdown`)
    }
    await flow.stop()
    return bed.conclude()
  },
}

export const druidAnswersBadly: Fault = {
  name: 'druid-answers',
  about: "the way to Druid's SQL is refused, silent, or truncates answers: the API says so with an error, never with half of the truth",
  cycles: 1,
  async run({ servers, bed: makeBed, onEnd }) {
    const shared = await servers.druid()
    const proxy = await startProxy({ port: Number(new URL(shared.queryUrl).port) })
    onEnd(() => proxy.close())
    const bed = await makeBed({ druid: { ...shared, queryUrl: proxy.url }, over: { druid: { requestTimeoutMs: 2_000 } } })
    const member = await bed.start()
    await bed.produce(3_000)
    await druidAnswers(bed)
    const problems: string[] = []
    const ask = async (what: string): Promise<void> => {
      const answer = await fetch(`${member.url}api/v1/jobs?from=-7d&limit=1000`)
      const text = await answer.text()
      if (answer.status !== 503 || !/Druid/.test(text)) problems.push(`${what}: the API answered ${answer.status} ${text.slice(0, 200)}`)
    }
    await proxy.set({ refuse: true })
    await ask('refused')
    await proxy.set({ silent: true })
    proxy.cut()
    await ask('silent')
    for (const cutAfterBytes of [1, 60, 250, 400, 600]) {
      await proxy.set({ cutAfterBytes })
      proxy.cut()
      await ask(`cut after ${cutAfterBytes} bytes`)
    }
    await proxy.set({})
    proxy.cut()
    const outcome = await bed.conclude()
    return { ...outcome, problems: [...problems, ...outcome.problems] }
  },
}

/** The first task reads. */
async function druidAnswers(bed: Bed): Promise<void> {
  const { druid, names } = bed.installation.neighbours
  await waitUntil('rows in Druid', async () => (await druid.sql(`SELECT 1 FROM "${names.datasource}" LIMIT 1`, [])).length > 0, READY_MS)
}
