/** Answers of Elasticsearch that are lost on the way: reset before or after, cut in the middle, orderly ended too early, late, or never. */
import { setTimeout as delay } from 'node:timers/promises'
import { startElasticsearchProxy, type Rule, type Verdict } from '../../support/elasticsearch-proxy.ts'
import type { Fault } from '../fault.ts'
import type { Random } from '../random.ts'

const RATE = 400
const ROUND_MS = 5_000
/** Shorter than the mute answers are long. */
const REQUEST_TIMEOUT_MS = 1_500
/** The processes, not the harness. */
const IMPATIENT = { elasticsearch: { requestTimeoutMs: REQUEST_TIMEOUT_MS } }

export const elasticsearchNetwork: Fault = {
  name: 'elasticsearch-network',
  about: 'a third of all requests: connection reset before or after they are carried out, half of an answer, a late one, none at all',
  cycles: 10,
  async run({ cycles, random, servers, bed: makeBed, onEnd }) {
    const proxy = await startElasticsearchProxy((await servers.elasticsearch()).url)
    onEnd(() => proxy.close())
    const bed = await makeBed({ elasticsearch: proxy })
    await bed.produce(3_000)
    const flow = bed.flow(RATE)
    let member = await bed.start(IMPATIENT)
    await member.joined()
    for (let i = 0; i < cycles; i++) {
      proxy.use(lossy(random))
      await delay(random.between(2_000, ROUND_MS))
      member.assertAlive()
      if (i % 3 === 2) {
        await member.kill('SIGKILL')
        member = await bed.start(IMPATIENT)
        await member.joined()
      }
    }
    await flow.stop()
    proxy.use(null)
    const outcome = await bed.conclude()
    return { ...outcome, note: `bad answers: ${[...proxy.given].map(([kind, n]) => `${kind} ${n}`).join(', ')}` }
  },
}

function lossy(random: Random): Rule {
  const bad: readonly Verdict[] = [
    { kind: 'reset', after: false },
    { kind: 'reset', after: true },
    { kind: 'half', orderly: false },
    { kind: 'half', orderly: true },
    { kind: 'slow', ms: REQUEST_TIMEOUT_MS / 2 },
    { kind: 'slow', ms: REQUEST_TIMEOUT_MS * 2 },
    { kind: 'mute' },
  ]
  return () => (random.chance(0.33) ? (bad[random.between(0, bad.length - 1)] as Verdict) : { kind: 'pass' }) // within the list
}
