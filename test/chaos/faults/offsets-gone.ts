/** The groups' committed offsets are gone, as after a week of standstill: nothing is read silently from the beginning; on request it goes on where the stores say. */
import { setTimeout as delay } from 'node:timers/promises'
import type { Fault } from '../fault.ts'

const EVENTS = 4_000
const EXIT_MS = 60_000

export const offsetsGone: Fault = {
  name: 'offsets-gone',
  about: 'committed offsets have expired: a start says so and ends, and with kafka.lostPosition=recover everything is counted once',
  cycles: 1,
  async run({ cycles, bed: makeBed }) {
    const bed = await makeBed()
    const { admin, names } = bed.installation.neighbours
    const problems: string[] = []
    for (let i = 0; i < cycles; i++) {
      await bed.produce(EVENTS)
      const member = await bed.start()
      if ((await bed.lagZero()) === null) problems.push('the lag did not come to zero before')
      await member.stop()
      await bed.produce(EVENTS / 2)
      await admin.deleteGroups([names.detailGroup, names.rollupGroup])

      const refuses = await bed.start()
      const code = await Promise.race([refuses.exited, delay(EXIT_MS, 'runs' as const, { ref: false })])
      if (code === 'runs' || code === 0) problems.push(`without offsets it ${code === 'runs' ? 'went on' : 'ended with 0'}`)
      if (!refuses.output().includes('kafka.lostPosition')) problems.push('its last words do not name the choices')
      const recovers = await bed.start({ kafka: { lostPosition: 'recover' } })
      if ((await bed.lagZero()) === null) problems.push('the lag did not come to zero with lostPosition=recover')
      await recovers.stop()
    }
    await bed.start()
    const outcome = await bed.conclude()
    return { ...outcome, problems: [...problems, ...outcome.problems] }
  },
}
