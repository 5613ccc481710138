/** The topic is deleted and created again under the same name: its offsets begin at zero, and its records are others. */
import { setTimeout as delay } from 'node:timers/promises'
import type { Fault } from '../fault.ts'

const EVENTS = 4_000
const FEWER = 1_200

export const topicAgain: Fault = {
  name: 'topic-again',
  about: 'the topic is deleted and created again, while a process is stopped and while one runs',
  cycles: 2,
  async run({ cycles, bed: makeBed }) {
    const bed = await makeBed()
    const { neighbours, topic, partitions } = bed.installation
    const problems: string[] = []
    await bed.produce(EVENTS)
    let member = await bed.start()
    for (let i = 0; i < cycles; i++) {
      if ((await bed.lagZero()) === null) problems.push('the lag did not come to zero before the topic was deleted')
      const isLive = i % 2 === 1
      if (!isLive) await member.stop()
      await neighbours.admin.deleteTopics({ topics: [topic] })
      await delay(500) // the broker deletes in its own time
      await neighbours.admin.createTopics({
        waitForLeaders: true,
        topics: [{ topic, numPartitions: partitions.length, replicationFactor: 1 }],
      })
      bed.beginAnew()
      await bed.produce(FEWER / (i + 1))
      if (!isLive) member = await bed.start()
    }
    member.assertAlive()
    const outcome = await bed.conclude()
    return { ...outcome, problems: [...problems, ...outcome.problems] }
  },
}
