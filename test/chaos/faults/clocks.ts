/**
 * Clocks that lie: events a year ahead and from 1970, whose record's time stands in; and records whose own time is a year ahead (dead letters) or 1970
 * (past retention: the detail branch counts them as expired).
 */
import type { Fault } from '../fault.ts'
import { anErrorAt, type ChaosRecord } from '../records.ts'

const EVENTS = 6_000
const YEAR_MS = 365 * 86_400_000

export const clocks: Fault = {
  name: 'clocks',
  about: 'events a year ahead and from 1970, between others',
  cycles: 1,
  async run({ cycles, bed: makeBed }) {
    const bed = await makeBed()
    const make = (id: number, nowMs: number): ChaosRecord => anErrorAt(id, [nowMs, nowMs + YEAR_MS, 0, nowMs - YEAR_MS][id % 4] ?? nowMs)
    for (let i = 0; i < cycles; i++) {
      await bed.produce(EVENTS, { make })
      const member = await bed.start()
      await bed.lagZero()
      await member.kill('SIGKILL')
    }
    await bed.start()
    const outcome = await bed.conclude()
    const { elasticsearch, names } = bed.installation.neighbours
    const indices = Object.keys(await elasticsearch.indices.get({ index: `${names.detailIndex}-*` }))
    const far = indices.filter((index) => !index.includes(`-${new Date().getUTCFullYear()}.`))
    return {
      ...outcome,
      problems: [...(far.length === 0 ? [] : [`indices of other years were made: ${far.join(', ')}`]), ...outcome.problems],
    }
  },
}
