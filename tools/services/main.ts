/**
 * `npm run services -- start | stop | status | wait | fetch [kafka] [elasticsearch] [druid] [--clean]`: real Kafka, Elasticsearch and
 * Druid on the loopback address without Docker. Needs a JDK 17 and Maven; fetches the servers from Maven Central on first use.
 *
 * Every command may be repeated: what runs is left alone, what is stopped stays stopped. Data is kept unless `stop --clean`.
 */
import { rm } from 'node:fs/promises'
import { Command, Argument } from 'commander'
import { fetchService, planOf, SERVICES, SETTINGS, type Service } from './instance.ts'
import { haveJavaAndMaven } from './java.ts'
import { residentMiB } from './process.ts'
import { pidOf, start, stop, waitFor } from './server.ts'

const say = (line: string) => console.error(line)

async function fetchAll(services: readonly Service[]): Promise<void> {
  requireTools()
  await each(services, (service) => fetchService(service, say))
}

async function startAll(services: readonly Service[]): Promise<void> {
  requireTools()
  await each(services, async (service) => {
    const began = Date.now()
    const plan = planOf(service, say)
    const running = pidOf(plan.dir) !== null
    await start(plan)
    say(running ? `${service}: runs already` : `${service}: up after ${((Date.now() - began) / 1000).toFixed(1)} s`)
  })
  await showStatus(services)
  console.log(
    `\n${services
      .flatMap((service) => Object.entries(SETTINGS[service]))
      .map(([name, value]) => `export ${name}=${value}`)
      .join('\n')}`,
  )
}

async function waitForAll(services: readonly Service[]): Promise<void> {
  await each(services, (service) => waitFor(planOf(service, say)))
}

async function stopAll(services: readonly Service[], { clean }: { clean: boolean }): Promise<void> {
  await each(services, async (service) => {
    const { dir } = planOf(service)
    say(`${service}: ${(await stop(dir)) ? 'stopped' : 'was not running'}`)
    // A process that has just ended may leave files a moment longer.
    if (clean) await rm(dir, { recursive: true, force: true, maxRetries: 20, retryDelay: 250 })
  })
}

async function showStatus(services: readonly Service[]): Promise<void> {
  console.table(Object.fromEntries(await Promise.all(services.map(async (service) => [service, await statusOf(service)]))))
}

async function statusOf(service: Service): Promise<Record<string, string | number>> {
  const plan = planOf(service)
  const pid = pidOf(plan.dir)
  const state = pid === null ? 'stopped' : (await plan.answers()) ? 'running' : 'not answering'
  const ports = Object.entries(plan.ports).map(([use, port]) => `${use} ${port}`)
  return { state, pid: pid ?? '', 'RSS MiB': (pid === null ? null : residentMiB(pid)) ?? '', ports: ports.join(', ') }
}

function requireTools(): void {
  const missing = haveJavaAndMaven()
  if (missing !== null) throw new Error(missing)
}

/** All at once. One that fails does not keep the others from finishing; all failures are told. */
async function each(services: readonly Service[], work: (service: Service) => Promise<void>): Promise<void> {
  const failed = (await Promise.allSettled(services.map(work))).filter((result) => result.status === 'rejected')
  if (failed.length > 0) throw new Error(failed.map(({ reason }) => (reason instanceof Error ? reason.message : String(reason))).join('\n'))
}

function command(name: string, description: string): Command {
  const names = new Argument('[services...]', 'which ones; all unless told').choices(SERVICES).default([...SERVICES])
  return program.command(name).description(description).addArgument(names)
}

const program = new Command('services').description(
  'Kafka 3.9.2, Elasticsearch 8.19.13 and Druid 33.0.0 on the loopback address, for development and tests',
)
command('start', 'fetch what is missing, start, wait until each answers, print addresses').action(startAll)
command('stop', 'stop what start started').option('--clean', 'remove the data too', false).action(stopAll)
command('status', 'state, pid, memory and ports').action(showStatus)
command('wait', 'wait until each answers').action(waitForAll)
command('fetch', 'only fetch').action(fetchAll)

try {
  await program.parseAsync()
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
