/**
 * A whole Druid in one JVM on the loopback address: ZooKeeper, Derby, coordinator with overlord, broker, historical, indexer.
 *
 * In: a folder and a port base. Out: a plan for `server.ts`, or a running one for a test. It answers when every server is healthy, SQL
 * answers, and the overlord knows its worker: only then a supervisor's task has somewhere to run. Supervisors are not this file's matter.
 * While it starts its log shows ERROR "Caught exception, ignoring so that schedule keeps going": harmless.
 */
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { delimiter, dirname, join } from 'node:path'
import { druidPorts, PORT_OFFSETS, ROLES, settingsFiles, type DruidPorts } from './druid-settings.ts'
import { fetchDruid, type DruidFiles, type Say } from './fetch.ts'
import { startOwned, temporaryFolder, type Handle } from './handle.ts'
import { java } from './java.ts'
import { freeBase, LOOPBACK } from './ports.ts'
import type { Plan } from './server.ts'

export interface DruidOptions {
  /** Java's -Xmx; 512m unless told: a window function takes 200 MB at once. */
  readonly heap?: string
}

export interface DruidPlace {
  readonly dir: string
  readonly ports: DruidPorts
}

export interface DruidHandle extends Handle {
  /** Broker: POST /druid/v2/sql. */
  readonly queryUrl: string
  /** Coordinator with overlord: POST /druid/indexer/v1/supervisor. */
  readonly coordinatorUrl: string
}

/** A Druid of this process's own, on free ports and an empty folder. */
export async function startDruid(options: DruidOptions = {}): Promise<DruidHandle> {
  const ports = druidPorts(await freeBase(Object.values(PORT_OFFSETS)))
  const handle = await startOwned(druidPlan({ dir: await temporaryFolder('druid'), ports }, options))
  return Object.assign(handle, { queryUrl: url(ports.broker), coordinatorUrl: url(ports.coordinator) })
}

export function druidPlan({ dir, ports }: DruidPlace, options: DruidOptions = {}, say?: Say): Plan {
  return {
    name: 'druid',
    dir,
    ports: { ...ports },
    async prepare() {
      const files = await fetchDruid(say)
      await writeSettings(dir, ports)
      const conf = join(dir, 'conf')
      return {
        program: java(),
        args: [...jvmOptions(dir, options.heap ?? '512m'), ...(await classPath(files)), 'DruidDev', conf, ...ROLES],
      }
    },
    answers: () => answers(ports),
  }
}

async function writeSettings(dir: string, ports: DruidPorts): Promise<void> {
  for (const folder of ['tmp', 'logs', 'metadata']) await mkdir(join(dir, folder), { recursive: true })
  for (const [path, text] of Object.entries(settingsFiles(dir, ports))) {
    const file = join(dir, 'conf', path)
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, text)
  }
}

/**
 * Jars that each server in the JVM loads for itself (why: DruidDev.java): Druid's own, those that know Guice's servlet support, and
 * Calcite, to whose packages Druid adds classes. The rest is shared: separating all jars took 250 MB of metaspace instead of 141.
 */
const OWN_COPY = /^(druid-|guice-servlet|jersey-guice|calcite-)/

async function classPath({ lib, launcher }: DruidFiles): Promise<string[]> {
  const shared = (await readdir(lib)).filter((jar) => !OWN_COPY.test(jar)).map((jar) => join(lib, jar))
  const path = [join(launcher, 'classes'), ...shared].join(delimiter)
  return [`-Ddev.lib=${lib}`, `-Ddev.own=${OWN_COPY.source}`, `-Ddev.role.classes=${join(launcher, 'role-classes')}`, '-cp', path]
}

function jvmOptions(dir: string, heap: string): string[] {
  const all = (option: string, packages: readonly string[]) => packages.map((name) => `${option}=${name}=ALL-UNNAMED`)
  return [
    // The list of Druid's own start script for Java 17.
    ...all('--add-exports', ['java.base/jdk.internal.misc', 'java.base/jdk.internal.ref']),
    ...all('--add-opens', [
      'java.base/java.nio',
      'java.base/sun.nio.ch',
      'java.base/jdk.internal.ref',
      'java.base/java.io',
      'java.base/java.lang',
      'jdk.management/com.sun.management.internal',
    ]),
    '-Xms64m',
    `-Xmx${heap}`,
    '-XX:MaxDirectMemorySize=160m',
    '-XX:+UseSerialGC',
    '-XX:TieredStopAtLevel=1',
    '-XX:+ExitOnOutOfMemoryError',
    '-Duser.timezone=UTC',
    '-Dfile.encoding=UTF-8',
    `-Djava.io.tmpdir=${join(dir, 'tmp')}`,
    '-Djava.util.logging.manager=org.apache.logging.log4j.jul.LogManager',
    `-Dlog4j2.configurationFile=${join(dir, 'conf', 'log4j2.xml')}`,
    `-Dderby.stream.error.file=${join(dir, 'logs', 'derby.log')}`,
    '-Dzookeeper.admin.enableServer=false',
  ]
}

async function answers({ coordinator, broker, historical, indexer }: DruidPorts): Promise<boolean> {
  for (const port of [coordinator, broker, historical, indexer]) {
    if ((await ask(`${url(port)}/status/health`)) !== 'true') return false
  }
  const sql = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"query":"SELECT 1"}' }
  if ((await ask(`${url(broker)}/druid/v2/sql`, sql)) === null) return false
  return (await ask(`${url(coordinator)}/druid/indexer/v1/workers`))?.includes('"worker"') ?? false
}

/** The answer's text, or null where there is none or it is an error. */
async function ask(address: string, request: RequestInit = {}): Promise<string | null> {
  try {
    const response = await fetch(address, { ...request, signal: AbortSignal.timeout(5_000) })
    const text = await response.text()
    return response.ok ? text.trim() : null
  } catch {
    return null
  }
}

function url(port: number): string {
  return `http://${LOOPBACK}:${port}`
}
