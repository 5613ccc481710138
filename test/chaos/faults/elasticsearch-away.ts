/** Elasticsearch away for a minute: nobody listens, or whoever listens says nothing. The rollup branch must not notice, and memory must stay flat. */
import { setTimeout as delay } from 'node:timers/promises'
import { startProxy } from '../../support/proxy.ts'
import { lagOf } from '../counts.ts'
import type { Fault } from '../fault.ts'
import { waitUntil } from '../../support/wait.ts'

const RATE = 1_000
const AWAY_MS = 60_000
const ROLLUP_PATIENCE_MS = 30_000

export const elasticsearchAway: Fault = {
  name: 'elasticsearch-away',
  about: 'Elasticsearch is away for a minute, refusing or silent; the rollup branch goes on meanwhile',
  cycles: 2,
  async run({ cycles, servers, bed: makeBed, onEnd }) {
    const proxy = await startProxy({ port: Number(new URL((await servers.elasticsearch()).url).port) })
    onEnd(() => proxy.close())
    const bed = await makeBed({ elasticsearch: proxy })
    const { neighbours, topic } = bed.installation
    const member = await bed.start()
    const problems: string[] = []
    for (let i = 0; i < cycles; i++) {
      const flow = bed.flow(RATE)
      await delay(3_000)
      await proxy.set(i % 2 === 0 ? { refuse: true } : { silent: true })
      await delay(AWAY_MS)
      await flow.stop()
      await waitUntil(
        'the rollup branch to be through',
        async () => (await lagOf(neighbours, neighbours.names.rollupGroup, topic)) === 0,
        ROLLUP_PATIENCE_MS,
      ).catch(() => problems.push('the rollup branch waited for Elasticsearch'))
      if ((await lagOf(neighbours, neighbours.names.detailGroup, topic)) === 0)
        problems.push('the detail branch committed although Elasticsearch was away')
      const ready = await fetch(`${member.url}readyz`)
      if (ready.ok) problems.push('/readyz says that all is well although Elasticsearch is away')
      await proxy.set({})
    }
    const outcome = await bed.conclude()
    member.assertAlive()
    return { ...outcome, problems: [...problems, ...outcome.problems] }
  },
}
