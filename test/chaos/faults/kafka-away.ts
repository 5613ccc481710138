/** The only broker is killed, or stopped, and comes back; nobody restarts us. */
import { setTimeout as delay } from 'node:timers/promises'
import { startKafka } from '../../../tools/services/kafka.ts'
import type { Fault } from '../fault.ts'

const RATE = 200

export const kafkaAway: Fault = {
  name: 'kafka-away',
  about: 'the only broker is killed or stopped and comes back after up to 20 s',
  cycles: 3,
  async run({ cycles, random, kafkaVersion, bed: makeBed, onEnd }) {
    const kafka = await startKafka({ version: kafkaVersion })
    onEnd(() => kafka.close())
    const bed = await makeBed({ kafka })
    await bed.produce(2_000)
    const members = [await bed.start(), await bed.start()]
    const flow = bed.flow(RATE)
    for (let i = 0; i < cycles; i++) {
      await delay(random.between(1_000, 5_000))
      await (random.chance(0.7) ? kafka.kill() : kafka.stop())
      await delay(random.between(0, 20_000))
      await kafka.restart()
    }
    await flow.stop()
    const outcome = await bed.conclude()
    for (const member of members) member.assertAlive()
    return outcome
  },
}
