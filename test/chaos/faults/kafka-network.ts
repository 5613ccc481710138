/** The way to the broker: connections are reset, fall silent, are half closed or slow. The broker itself is well. */
import { setTimeout as delay } from 'node:timers/promises'
import { freeBase, LOOPBACK } from '../../../tools/services/ports.ts'
import { startKafka } from '../../../tools/services/kafka.ts'
import { startProxy, type FaultProxy } from '../../support/proxy.ts'
import type { Fault } from '../fault.ts'

const RATE = 200
/** Longer than the requests' time-out. */
const SILENCE_MS = 15_000

export const kafkaNetwork: Fault = {
  name: 'kafka-network',
  about: 'between us and Kafka: connections are reset, refused, half closed, slow, or silent for longer than a request may take',
  cycles: 2,
  async run({ cycles, random, kafkaVersion, bed: makeBed, onEnd }) {
    const port = await freeBase([0, 1, 2])
    const seen = port + 2
    const proxy = await startProxy({ port, listenOn: seen })
    onEnd(() => proxy.close())
    const kafka = await startKafka({ port, version: kafkaVersion, settings: { 'advertised.listeners': `PLAINTEXT://${LOOPBACK}:${seen}` } })
    onEnd(() => kafka.close())
    const bed = await makeBed({ kafka: { brokers: [`${LOOPBACK}:${seen}`] } })
    await bed.produce(2_000)
    const members = [await bed.start(), await bed.start()]
    const flow = bed.flow(RATE)
    for (let i = 0; i < cycles; i++) {
      for (const trouble of TROUBLES) {
        await delay(random.between(1_000, 4_000))
        await trouble(proxy)
        await proxy.set({})
      }
    }
    await flow.stop()
    const outcome = await bed.conclude()
    for (const member of members) member.assertAlive()
    return outcome
  },
}

const TROUBLES: readonly ((proxy: FaultProxy) => Promise<void>)[] = [
  async (proxy) => proxy.cut(),
  async (proxy) => proxy.halfClose(),
  async (proxy) => {
    await proxy.set({ delayMs: 300 })
    await delay(10_000)
  },
  async (proxy) => {
    await proxy.set({ refuse: true })
    await delay(5_000)
  },
  async (proxy) => {
    await proxy.set({ silent: true })
    await delay(SILENCE_MS)
  },
  async (proxy) => {
    await proxy.set({ bytesPerSecond: 100_000 })
    await delay(10_000)
  },
]
