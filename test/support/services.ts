/**
 * The real Kafka, Elasticsearch and Druid that service tests share: one of each for a test run, started when the first test file asks.
 *
 * This file has two sides. As vitest's globalSetup (`setup`) it lives in vitest's main process, owns the servers, and listens on a
 * loopback port for files that ask; vitest's `provide` hands that address to the test processes. In a test file, `requireServices`
 * asks for what the file needs, so a run that needs no Druid starts none:
 *
 *   const services = requireServices('kafka', 'elasticsearch')
 *   services.describe('a flush', () => {
 *     test('...', async () => { ... services.kafka.brokers ... services.elasticsearch.url ... })
 *   })
 *
 * A file that starts servers of its own (to kill them) asks for none and uses only `describe`. All tests share the servers, so each
 * takes names of its own for topics, indices and datasources. Without a JDK 17 and Maven the tests inside `services.describe` are skipped;
 * with CI=true they fail instead. The servers end with the run, even if that is killed.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { beforeAll, describe, inject } from 'vitest'
import type { TestProject } from 'vitest/node'
import { startDruid } from '../../tools/services/druid.ts'
import { startElasticsearch } from '../../tools/services/elasticsearch.ts'
import type { Handle } from '../../tools/services/handle.ts'
import { haveJavaAndMaven } from '../../tools/services/java.ts'
import { startKafka } from '../../tools/services/kafka.ts'
import { LOOPBACK } from '../../tools/services/ports.ts'

/** Three cold starts on a busy machine, and a first fetch before them. */
const START_TIMEOUT_MS = 600_000

interface Addresses {
  readonly kafka: { readonly brokers: string[] }
  readonly elasticsearch: { readonly url: string }
  readonly druid: { readonly queryUrl: string; readonly coordinatorUrl: string }
}

type Service = keyof Addresses

declare module 'vitest' {
  interface ProvidedContext {
    /** Where `setup` listens. */
    services: string
  }
}

export interface Services extends Addresses {
  /** vitest's own, skipped where the servers cannot be started. */
  readonly describe: Pick<typeof describe, 'each'> & ((name: string, body: () => void) => void)
}

/** To be called at the top of a test file. The addresses may be read once the tests run, not while they are being collected. */
export function requireServices(...names: Service[]): Services {
  const missing = haveJavaAndMaven()
  const mustRun = process.env['CI'] === 'true'
  const found: Partial<Addresses> = {}
  beforeAll(async () => {
    if (missing !== null && mustRun) throw new Error(`CI=true, and the tests on real servers cannot run: ${missing}`)
    if (missing === null) Object.assign(found, ...(await Promise.all(names.map(ask))))
  }, START_TIMEOUT_MS)
  return {
    describe: missing === null || mustRun ? describe : describe.skip,
    get kafka() {
      return asked(found.kafka)
    },
    get elasticsearch() {
      return asked(found.elasticsearch)
    },
    get druid() {
      return asked(found.druid)
    },
  }
}

/** For vitest's globalSetup. Answers how to end it all. */
export async function setup(project: Pick<TestProject, 'provide'>): Promise<() => Promise<void>> {
  const started = new Map<string, Promise<Handle>>()
  const server = createServer((request, response) => {
    const name = request.url?.slice(1) ?? ''
    if (!isService(name)) {
      response.writeHead(404).end()
      return
    }
    const handle = started.get(name) ?? STARTERS[name]()
    started.set(name, handle)
    handle.then(
      (value) => response.end(JSON.stringify({ [name]: value })),
      (error: unknown) => response.writeHead(500).end(error instanceof Error ? error.message : String(error)),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, LOOPBACK, resolve))
  // A server that listens on a port has an AddressInfo.
  project.provide('services', `http://${LOOPBACK}:${(server.address() as AddressInfo).port}`)
  return async () => {
    server.close()
    for (const ended of await Promise.allSettled(started.values())) if (ended.status === 'fulfilled') await ended.value.close()
  }
}

const STARTERS = { kafka: startKafka, elasticsearch: startElasticsearch, druid: startDruid } satisfies Record<
  Service,
  () => Promise<Handle>
>

function isService(name: string): name is Service {
  return Object.hasOwn(STARTERS, name)
}

async function ask(name: Service): Promise<unknown> {
  const setUp: string | undefined = inject('services')
  if (setUp === undefined) throw new Error('servers are shared in the vitest project `service` only: name the file *.service.test.ts')
  const response = await fetch(`${setUp}/${name}`)
  const text = await response.text()
  if (!response.ok) throw new Error(`${name} was not started: ${text}`)
  return JSON.parse(text)
}

function asked<T>(address: T | undefined): T {
  if (address === undefined)
    throw new Error('ask for this server in requireServices(...), and read its address only inside a test or a hook')
  return address
}
