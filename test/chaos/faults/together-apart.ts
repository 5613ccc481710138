/** The branches run together and apart in turn, over the same groups and transactional ids, by clean stops and by kills. */
import { setTimeout as delay } from 'node:timers/promises'
import type { Fault } from '../fault.ts'

const RATE = 400

export const togetherApart: Fault = {
  name: 'together-apart',
  about: 'one process with its branches together, then apart, then together, ended by SIGKILL or SIGTERM',
  cycles: 10,
  async run({ cycles, random, bed: makeBed }) {
    const bed = await makeBed()
    await bed.produce(2_000)
    const flow = bed.flow(RATE)
    for (let i = 0; i < cycles; i++) {
      const member = await bed.start({ branches: i % 2 === 0 ? 'together' : 'apart' })
      if (random.chance(0.8)) await member.joined()
      await delay(random.between(0, 3_000))
      member.assertAlive()
      await (random.chance(0.5) ? member.stop() : member.kill('SIGKILL'))
    }
    await flow.stop()
    await bed.start({ branches: random.chance(0.5) ? 'together' : 'apart' })
    return bed.conclude()
  },
}
