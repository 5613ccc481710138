/** Elasticsearch turns our credentials down for a while, as happens when they are changed on one side first. */
import { setTimeout as delay } from 'node:timers/promises'
import { startElasticsearchProxy } from '../../support/elasticsearch-proxy.ts'
import type { Fault } from '../fault.ts'

const RATE = 300
const WRONG_MS = 8_000
const PASSWORD = 'right'

export const elasticsearchCredentials: Fault = {
  name: 'elasticsearch-credentials',
  about:
    'our credentials are turned down (401, then 403), and accepted later; a process that started with wrong ones is started again with right ones',
  cycles: 1,
  async run({ servers, bed: makeBed, onEnd }) {
    const proxy = await startElasticsearchProxy((await servers.elasticsearch()).url)
    onEnd(() => proxy.close())
    const bed = await makeBed({ elasticsearch: proxy })
    const wanted = `Basic ${Buffer.from(`tracefold:${PASSWORD}`).toString('base64')}`
    const turnDown = (status: 401 | 403): void =>
      proxy.use(({ authorization }) =>
        status === 401 && authorization === wanted
          ? { kind: 'pass' }
          : {
              kind: 'answer',
              status,
              type: 'security_exception',
              reason: status === 401 ? 'unable to authenticate user [tracefold]' : 'action [indices:data/write/bulk] is unauthorized',
            },
      )
    const startWith = (password: string) =>
      bed.start({ elasticsearch: { username: 'tracefold' } }, { env: { TRACEFOLD_ELASTICSEARCH_PASSWORD: password } })

    const flow = bed.flow(RATE)
    const first = await startWith(PASSWORD)
    await delay(3_000)
    turnDown(403)
    await delay(WRONG_MS)
    first.assertAlive()
    turnDown(401)
    await delay(2_000)
    await first.stop()
    const wrong = await startWith('wrong')
    await delay(WRONG_MS)
    wrong.assertAlive()
    const problems = (await fetch(`${wrong.url}readyz`)).ok
      ? ['/readyz says that all is well although our credentials are turned down']
      : []
    await wrong.stop()
    await startWith(PASSWORD)
    await flow.stop()
    await delay(2_000)
    proxy.use(null) // the harness's own clients have no credentials
    const outcome = await bed.conclude()
    return { ...outcome, problems: [...problems, ...outcome.problems] }
  },
}
