/**
 * Somebody made today's index before us, with a mapping that takes only some of our documents. The others are dead letters in Elasticsearch's own words, each
 * for all of its events; nothing stops.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { dayAlias, dayIndex } from '../../../src/store/elasticsearch/schema.ts'
import { letters } from '../counts.ts'
import type { Fault } from '../fault.ts'
import { withAndWithoutTrace } from '../records.ts'

const EVENTS = 8_000
const HOUR_MS = 3_600_000

export const elasticsearchMapping: Fault = {
  name: 'elasticsearch-mapping',
  about: "a day's index whose mapping contradicts ours for some documents: they become dead letters, exactly, also when killed in between",
  cycles: 3,
  async run({ cycles, random, bed: makeBed }) {
    const bed = await makeBed({ make: withAndWithoutTrace })
    const { elasticsearch, names } = bed.installation.neighbours
    for (const dayMs of [Date.now(), Date.now() - HOUR_MS]) {
      const alias = dayAlias(names, dayMs)
      if (await elasticsearch.indices.exists({ index: dayIndex(alias) })) continue
      await elasticsearch.indices.create({
        index: dayIndex(alias),
        aliases: { [alias]: { is_write_index: true } },
        // A method is no address; an event without a stack trace names none, and so does not contradict.
        mappings: { properties: { culprit: { type: 'ip' } } },
      })
    }
    for (let i = 0; i < cycles; i++) {
      await bed.produce(EVENTS / cycles)
      const member = await bed.start()
      await member.joined()
      await delay(random.between(1_000, 5_000))
      member.assertAlive()
      await member.kill('SIGKILL')
    }
    await bed.start()
    const outcome = await bed.conclude()
    const refused = (await letters(bed.installation.neighbours)).filter(({ stage }) => stage === 'store')
    const events = refused.reduce((sum, letter) => sum + letter.events, 0)
    const problems =
      refused.length === 0
        ? ['no document was refused']
        : refused.every(({ detail }) => /mapper|parse/.test(detail))
          ? []
          : ["a letter does not hold Elasticsearch's own words"]
    return {
      ...outcome,
      problems: [...problems, ...outcome.problems],
      note: `${refused.length} letters stand for ${events} events of refused documents`,
    }
  },
}
