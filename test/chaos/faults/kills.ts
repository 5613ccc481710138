/** Processes that end at any moment, by SIGKILL or SIGTERM, one at a time, while events flow; on the usual servers, and on others' versions. */
import { setTimeout as delay } from 'node:timers/promises'
import { startElasticsearch } from '../../../tools/services/elasticsearch.ts'
import { newerJavaHome } from '../../../tools/services/java.ts'
import { startKafka } from '../../../tools/services/kafka.ts'
import type { BedOptions } from '../bed.ts'
import { NOTHING, type Fault, type FaultContext, type Outcome } from '../fault.ts'

/** Longest life of a process after it has joined: several flushes. Some are ended before that. */
const LIFE_MS = 3_000
const JOINS = 0.8
const RATE = 400
/** What Elasticsearch 9 wants. */
const NEWER_JDK = 21

export const kills: Fault = {
  name: 'kills',
  about: 'one process, killed (SIGKILL) or stopped (SIGTERM) at random moments while events flow, and started again',
  cycles: 20,
  run: (context) => killed(context, {}),
}

export const killsWithDruid: Fault = {
  name: 'kills-druid',
  about: 'the same, and the rollups are counted by Druid',
  cycles: 10,
  run: async (context) => killed(context, { druid: await context.servers.druid() }),
}

export const killsOnKafka4: Fault = {
  name: 'kills-kafka-4.3',
  about: 'the same on Kafka 4.3',
  cycles: 8,
  async run(context) {
    const kafka = await startKafka({ version: '4.3' })
    context.onEnd(() => kafka.close())
    return killed(context, { kafka })
  },
}

export const killsOnElasticsearch9: Fault = {
  name: 'kills-elasticsearch-9.4',
  about: 'the same on Elasticsearch 9.4, where there is a JDK 21 or newer for it',
  cycles: 8,
  async run(context) {
    if (newerJavaHome(NEWER_JDK) === null) return { ...NOTHING, notRun: `no JDK ${NEWER_JDK} or newer beside the other one` }
    const elasticsearch = await startElasticsearch({ version: '9.4' })
    context.onEnd(() => elasticsearch.close())
    return killed(context, { elasticsearch })
  },
}

async function killed({ cycles, random, bed: makeBed, say }: FaultContext, options: BedOptions): Promise<Outcome> {
  const bed = await makeBed(options)
  await bed.produce(3_000)
  const flow = bed.flow(RATE)
  for (let i = 0; i < cycles; i++) {
    const member = await bed.start()
    if (random.chance(JOINS)) await member.joined()
    await delay(random.between(0, LIFE_MS))
    member.assertAlive()
    if (random.chance(0.25)) await member.stop()
    else await member.kill('SIGKILL')
    if (i % 10 === 9) say(`  ${i + 1} of ${cycles}`)
  }
  await flow.stop()
  await bed.start()
  return bed.conclude()
}
