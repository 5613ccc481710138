/** Topics whose batches the broker compresses with each codec there is: bytes as Java's own libraries write them. */
import type { Fault } from '../fault.ts'
import { both, NOTHING, type Outcome } from '../fault.ts'
import { setTimeout as delay } from 'node:timers/promises'

const EVENTS = 6_000
const CODECS = ['gzip', 'snappy', 'lz4', 'zstd'] as const
/** kafkajs's number of a topic, as a resource with settings. */
const TOPIC = 2

export const compressed: Fault = {
  name: 'compressed',
  about: 'topics compressed with gzip, snappy, lz4 and zstd, and a kill in the middle of each',
  cycles: 1,
  async run({ cycles, random, bed: makeBed }) {
    let outcome: Outcome = NOTHING
    for (let i = 0; i < cycles; i++) {
      for (const codec of CODECS) {
        const bed = await makeBed()
        const { neighbours, topic } = bed.installation
        await neighbours.admin.alterConfigs({
          validateOnly: false,
          resources: [
            {
              type: TOPIC,
              name: topic,
              configEntries: [
                { name: 'compression.type', value: codec },
                { name: 'message.timestamp.type', value: 'LogAppendTime' },
              ],
            },
          ],
        })
        await bed.produce(EVENTS)
        const member = await bed.start()
        await member.joined()
        await delay(random.between(500, 2_500))
        await member.kill('SIGKILL')
        await bed.start()
        outcome = both(outcome, await bed.conclude())
        await bed.close()
      }
    }
    return outcome
  },
}
