/** Elasticsearch that answers 429 and 503, to whole requests and to single items, with and without having carried them out. */
import { setTimeout as delay } from 'node:timers/promises'
import { startElasticsearchProxy, type ItemVerdict, type Rule, type Verdict } from '../../support/elasticsearch-proxy.ts'
import type { Fault } from '../fault.ts'
import type { Random } from '../random.ts'

const RATE = 400
const ROUND_MS = 4_000
const REJECTED: Omit<ItemVerdict, 'executed'> = {
  status: 429,
  type: 'es_rejected_execution_exception',
  reason: 'rejected execution of coordinating operation',
}
const UNAVAILABLE: Omit<ItemVerdict, 'executed'> = {
  status: 503,
  type: 'unavailable_shards_exception',
  reason: 'primary shard is not active',
}

export const elasticsearchBusy: Fault = {
  name: 'elasticsearch-busy',
  about: '429 and 503 for whole requests and for single items, some of which were carried out all the same; a process is killed in between',
  cycles: 10,
  async run({ cycles, random, servers, bed: makeBed, onEnd }) {
    const proxy = await startElasticsearchProxy((await servers.elasticsearch()).url)
    onEnd(() => proxy.close())
    const bed = await makeBed({ elasticsearch: proxy })
    await bed.produce(3_000)
    const flow = bed.flow(RATE)
    let member = await bed.start()
    await member.joined()
    for (let i = 0; i < cycles; i++) {
      proxy.use(busy(random))
      await delay(random.between(1_500, ROUND_MS))
      member.assertAlive()
      if (i % 2 === 1) {
        await member.kill('SIGKILL')
        member = await bed.start()
        await member.joined()
      }
    }
    await flow.stop()
    proxy.use(null)
    const outcome = await bed.conclude()
    return { ...outcome, note: `bad answers: ${[...proxy.given].map(([kind, n]) => `${kind} ${n}`).join(', ')}` }
  },
}

/** Half of the bulk requests are answered badly. */
function busy(random: Random): Rule {
  return ({ isBulk }): Verdict => {
    if (!isBulk || random.chance(0.5)) return { kind: 'pass' }
    if (random.chance(0.3)) return { kind: 'answer', ...(random.chance(0.5) ? REJECTED : UNAVAILABLE) }
    return {
      kind: 'items',
      judge: () => (random.chance(0.4) ? { ...(random.chance(0.5) ? REJECTED : UNAVAILABLE), executed: random.chance(0.3) } : null),
    }
  }
}
