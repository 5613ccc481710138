/** Processes that end at any moment, by SIGKILL or SIGTERM, one at a time, while events flow. */
import { setTimeout as delay } from 'node:timers/promises'
import type { Fault } from '../fault.ts'

/** Longest life of a process, from when it listens: up to several flushes after it has joined. */
const LIFE_MS = 6_000
const RATE = 400

export const kills: Fault = {
  name: 'kills',
  about: 'one process, killed (SIGKILL) or stopped (SIGTERM) at random moments while events flow, and started again',
  cycles: 20,
  async run({ cycles, random, bed: makeBed, say }) {
    const bed = await makeBed()
    await bed.produce(3_000)
    const flow = bed.flow(RATE)
    for (let i = 0; i < cycles; i++) {
      const member = await bed.start()
      await delay(random.between(0, LIFE_MS))
      member.assertAlive()
      if (random.chance(0.25)) await member.stop()
      else await member.kill('SIGKILL')
      if (i % 10 === 9) say(`  ${i + 1} of ${cycles}`)
    }
    await flow.stop()
    await bed.start()
    return bed.conclude()
  },
}
