/** Today's indices are made read-only, as Elasticsearch itself does when its disk is nearly full, and writable again. */
import { setTimeout as delay } from 'node:timers/promises'
import { waitUntil } from '../../support/wait.ts'
import type { Fault } from '../fault.ts'

const RATE = 300
const INDEX_MS = 60_000
const BLOCKS = ['write', 'read_only_allow_delete', 'read_only'] as const

export const elasticsearchReadOnly: Fault = {
  name: 'elasticsearch-read-only',
  about: 'indices turn read-only (write block, full disk, read-only) for some seconds each; a process is killed meanwhile',
  cycles: 1,
  async run({ cycles, random, bed: makeBed }) {
    const bed = await makeBed()
    const { elasticsearch, names } = bed.installation.neighbours
    const block = (name: string, value: boolean | null) =>
      elasticsearch.indices.putSettings({
        index: `${names.detailIndex}-*,${names.ledgerIndex}*`,
        settings: { [`index.blocks.${name}`]: value },
      })
    await bed.produce(1_000)
    const flow = bed.flow(RATE)
    let member = await bed.start()
    await member.joined()
    await waitUntil(
      'an index',
      async () => Object.keys(await elasticsearch.indices.get({ index: `${names.detailIndex}-*` })).length > 0,
      INDEX_MS,
    )
    for (let i = 0; i < cycles; i++) {
      for (const name of BLOCKS) {
        await delay(random.between(1_000, 4_000))
        await block(name, true)
        await delay(random.between(2_000, 6_000))
        member.assertAlive()
        await member.kill('SIGKILL')
        member = await bed.start()
        await member.joined()
        await delay(3_000)
        await block(name, null)
      }
    }
    await flow.stop()
    return bed.conclude()
  },
}
