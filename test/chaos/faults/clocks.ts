/**
 * Clocks that lie: events a year ahead and from 1970, whose record's time stands in; and, on a topic that takes the producer's time, records whose own time
 * is a year ahead (dead letters) or 1970 (past retention: the detail branch counts them as expired).
 */
import type { Bed } from '../bed.ts'
import type { Fault } from '../fault.ts'
import { anErrorAt, type ChaosRecord } from '../records.ts'

const EVENTS = 6_000
const YEAR_MS = 365 * 86_400_000
/** Kafka's own numbers of its resources. */
const TOPIC_RESOURCE = 2

export const clocks: Fault = {
  name: 'clocks',
  about: "events a year ahead and from 1970, and records of such times on a topic that takes the producer's clock",
  cycles: 2,
  async run({ cycles, bed: makeBed }) {
    const bed = await makeBed()
    const offMs = (id: number, nowMs: number): number => [nowMs, nowMs + YEAR_MS, 0, nowMs - YEAR_MS][id % 4] ?? nowMs
    const eventsLie = (id: number, nowMs: number): ChaosRecord => anErrorAt(id, offMs(id, nowMs))
    const recordsLie = (id: number, nowMs: number): ChaosRecord => ({ ...anErrorAt(id, nowMs), timestampMs: offMs(id >> 2, nowMs) })
    for (let i = 0; i < cycles; i++) {
      await bed.produce(EVENTS, { make: eventsLie })
      await takeProducersTime(bed)
      await bed.produce(EVENTS, { make: recordsLie })
      const member = await bed.start()
      await bed.lagZero()
      await member.kill('SIGKILL')
    }
    await bed.start()
    const outcome = await bed.conclude()
    const { elasticsearch, names } = bed.installation.neighbours
    const indices = Object.keys(await elasticsearch.indices.get({ index: `${names.detailIndex}-*` }))
    const far = indices.filter((index) => !index.includes(`-${new Date().getUTCFullYear()}.`))
    const unmet = [
      ...(bed.expected.of('detail').expired === 0 ? ['no record was past retention'] : []),
      ...(bed.expected.of('rollup').dead === 0 ? ['no record was ahead of the clock'] : []),
    ]
    return {
      ...outcome,
      problems: [...unmet, ...(far.length === 0 ? [] : [`indices of other years were made: ${far.join(', ')}`]), ...outcome.problems],
    }
  },
}

/** And keeps what is old by it. */
async function takeProducersTime({ installation: { neighbours, topic } }: Bed): Promise<void> {
  const configEntries = Object.entries({
    'message.timestamp.type': 'CreateTime',
    'message.timestamp.after.max.ms': '9223372036854775807',
    'retention.ms': '-1',
  })
  await neighbours.admin.alterConfigs({
    validateOnly: false,
    resources: [{ type: TOPIC_RESOURCE, name: topic, configEntries: configEntries.map(([name, value]) => ({ name, value })) }],
  })
}
