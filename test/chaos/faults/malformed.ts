/** Records that nobody can read: one in a hundred everywhere, and a partition of nothing else. Each is one dead letter, or what can be saved of it. */
import { setTimeout as delay } from 'node:timers/promises'
import type { Fault } from '../fault.ts'
import { malformedSamples, withMalformed } from '../records.ts'

const RATE = 300
const ROUNDS = 4

export const malformed: Fault = {
  name: 'malformed',
  about: 'the 27 malformed samples, 1 % of all records, and one partition of nothing else; a process is killed in between',
  cycles: 3,
  async run({ cycles, random, bed: makeBed }) {
    const samples = malformedSamples()
    const bed = await makeBed({ make: withMalformed(samples), over: { kafka: { maxBytesPerPartition: 1_048_576 } } })
    const only = bed.installation.partitions.length - 1
    const flow = bed.flow(RATE)
    for (let i = 0; i < cycles; i++) {
      await bed.produce(samples.length * ROUNDS, {
        partition: only,
        make: (id) => ({ key: null, value: samples[id % samples.length] as Buffer }),
      })
      const member = await bed.start()
      await member.joined()
      await delay(random.between(1_000, 6_000))
      member.assertAlive()
      await member.kill('SIGKILL')
    }
    await flow.stop()
    await bed.start()
    return bed.conclude()
  },
}
