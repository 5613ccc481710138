/** Two and three processes that share a group, of which one leaves and one joins every few seconds. */
import { setTimeout as delay } from 'node:timers/promises'
import type { Fault } from '../fault.ts'
import type { Member } from '../member.ts'

const RATE = 400
const MOST_MEMBERS = 3

export const churn: Fault = {
  name: 'churn',
  about: 'one to three processes in a group; every one to four seconds one joins, stops or is killed',
  cycles: 30,
  async run({ cycles, random, bed: makeBed }) {
    const bed = await makeBed()
    await bed.produce(3_000)
    const flow = bed.flow(RATE)
    const members: Member[] = [await bed.start(), await bed.start()]
    for (let i = 0; i < cycles; i++) {
      await delay(random.between(1_000, 4_000))
      for (const member of members) member.assertAlive()
      const joins = members.length === 1 || (members.length < MOST_MEMBERS && random.chance(0.5))
      if (joins) members.push(await bed.start())
      else {
        const [leaving] = members.splice(random.between(0, members.length - 1), 1)
        await (random.chance(0.5) ? leaving?.stop() : leaving?.kill('SIGKILL'))
      }
    }
    await flow.stop()
    return bed.conclude()
  },
}
