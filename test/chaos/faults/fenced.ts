/** Somebody else opens our transactional ids: each time the transaction under way is aborted by the broker, and must be opened again, not counted twice. */
import { setTimeout as delay } from 'node:timers/promises'
import type { Fault } from '../fault.ts'
import { createKafka } from '../../../src/kafka/client.ts'
import { silent } from '../../support/cluster.ts'

const RATE = 500

export const fenced: Fault = {
  name: 'fenced',
  about: 'a stranger initialises a producer with our transactional id at random moments, so that our transactions are aborted',
  cycles: 25,
  async run({ cycles, random, bed: makeBed, onEnd }) {
    const bed = await makeBed()
    const { topic, partitions, neighbours, settings } = bed.installation
    const kafka = createKafka({ brokers: [...settings.kafka.brokers], clientId: 'stranger' }, silent)
    const member = await bed.start()
    await member.joined()
    const flow = bed.flow(RATE)
    for (let i = 0; i < cycles; i++) {
      await delay(random.between(50, 1_500))
      const { partition } = partitions[random.between(0, partitions.length - 1)] as (typeof partitions)[0] // within the list
      const producer = kafka.producer({
        transactionalId: `${neighbours.names.rollupGroup}-${topic}-${partition}`,
        idempotent: true,
        maxInFlightRequests: 1,
      })
      onEnd(() => producer.disconnect())
      await producer.connect()
      await producer.transaction()
    }
    await flow.stop()
    const outcome = await bed.conclude()
    member.assertAlive()
    const fences = (await (await fetch(`${member.url}metrics`)).text()).match(/transactions_total\{result="failed"\} (\d+)/)?.[1] ?? '0'
    return {
      ...outcome,
      problems: [...(fences === '0' ? ['no transaction was fenced'] : []), ...outcome.problems],
      note: `${fences} transactions were fenced`,
    }
  },
}
