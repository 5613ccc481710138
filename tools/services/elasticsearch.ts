/**
 * A one-node Elasticsearch without security on the loopback address.
 *
 * In: a folder and two ports. Out: a plan for `server.ts`, or a running one for a test. It answers when its shards are there and the
 * cluster's name is ours. Its own launcher forks the server and ends, hence the pid file. As root it runs as nobody (see user.ts).
 * Not in this bundle: ILM, data-stream management, the field types wildcard, match_only_text, constant_keyword and scaled_float.
 */
import { copyFile, mkdir, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { fetchElasticsearch, type ElasticsearchVersion, type Say } from './fetch.ts'
import { startOwned, temporaryFolder, type Handle } from './handle.ts'
import { javaHome, newerJavaHome, run } from './java.ts'
import { freeBase, LOOPBACK } from './ports.ts'
import type { Plan } from './server.ts'
import { unprivileged } from './user.ts'

export interface ElasticsearchOptions {
  /** Java's -Xmx; 512m unless told. */
  readonly heap?: string
  /** Node settings beside or instead of ours. */
  readonly settings?: Readonly<Record<string, string>>
  /** 9.4 needs a JDK 21 or newer beside the other one (see `newerJavaHome`). */
  readonly version?: ElasticsearchVersion
}

export interface ElasticsearchPlace {
  readonly dir: string
  readonly port: number
  readonly transportPort: number
}

export interface ElasticsearchHandle extends Handle {
  readonly url: string
}

/** An Elasticsearch of this process's own, on free ports and an empty folder. */
export async function startElasticsearch(options: ElasticsearchOptions = {}): Promise<ElasticsearchHandle> {
  const port = await freeBase([0, 1])
  const handle = await startOwned(
    elasticsearchPlan({ dir: await temporaryFolder('elasticsearch'), port, transportPort: port + 1 }, options),
  )
  return Object.assign(handle, { url: `http://${LOOPBACK}:${port}` })
}

export function elasticsearchPlan(place: ElasticsearchPlace, options: ElasticsearchOptions = {}, say?: Say): Plan {
  const { dir, port, transportPort } = place
  const cluster = `tracefold-${port}`
  const pidFile = join(dir, 'tmp', 'server.pid')
  return {
    name: 'elasticsearch',
    dir,
    ports: { http: port, transport: transportPort },
    pidFile,
    async prepare() {
      const { version = '8.19' } = options
      const home = await fetchElasticsearch(say, version)
      await writeConfig(place, home, { ...nodeSettings(place, cluster), ...options.settings }, options.heap ?? '512m')
      const user = unprivileged()
      // It writes a keystore beside its settings, so all four folders are its own.
      if (user !== null) await run('chown', ['-R', `${user.uid}:${user.gid}`, ...FOLDERS.map((name) => join(dir, name))])
      const tmp = join(dir, 'tmp')
      const env = { ES_PATH_CONF: join(dir, 'config'), ES_TMPDIR: tmp, LIBFFI_TMPDIR: tmp, HOME: tmp, CLI_JAVA_OPTS: '-Xms4m -Xmx64m' }
      const launch = version === '9.4' ? launcherOf9(home) : launcherOf8(home)
      return { program: launch.program, args: [...launch.args, '-d', '-p', pidFile], cwd: home, user, env: { ...env, ...launch.env } }
    },
    answers: () => answers(`http://${LOOPBACK}:${port}`, cluster),
  }
}

interface Launcher {
  readonly program: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

function launcherOf8(home: string): Launcher {
  return {
    program: 'bash',
    args: [join(home, 'bin', 'elasticsearch-cli')],
    env: { ES_JAVA_HOME: javaHome(), CLI_NAME: 'server', CLI_LIBS: 'lib/tools/server-cli' },
  }
}

/** Its command-line program only describes what is to be started; the launcher beside it starts it. */
function launcherOf9(home: string): Launcher {
  const jdk = newerJavaHome(NEWER_JDK)
  if (jdk === null) throw new Error(`Elasticsearch 9 needs a JDK ${NEWER_JDK} or newer; none was found beside the JDK that is used`)
  const java = join(jdk, 'bin', 'java')
  const classes = [join(home, 'lib', '*'), join(home, 'lib', 'tools', 'server-launcher', '*')].join(delimiter)
  return {
    program: java,
    args: ['-Xms4m', '-Xmx64m', '-XX:+UseSerialGC', '-cp', classes, 'org.elasticsearch.server.launcher.ServerLauncher'],
    env: { JAVA: java, ES_HOME: home, ES_DISTRIBUTION_TYPE: 'zip', JAVA_TYPE: 'ES_JAVA_HOME' },
  }
}

const NEWER_JDK = 21
const FOLDERS = ['config', 'data', 'logs', 'tmp']

async function writeConfig(
  { dir }: ElasticsearchPlace,
  home: string,
  settings: Readonly<Record<string, string>>,
  heap: string,
): Promise<void> {
  for (const name of FOLDERS) await mkdir(join(dir, name), { recursive: true })
  const config = join(dir, 'config')
  await copyFile(join(home, 'config', 'log4j2.properties'), join(config, 'log4j2.properties'))
  await writeFile(
    join(config, 'elasticsearch.yml'),
    Object.entries(settings)
      .map(([key, value]) => `${key}: ${value}\n`)
      .join(''),
  )
  await writeFile(join(config, 'jvm.options'), `${jvmOptions(dir, heap).join('\n')}\n`)
}

function nodeSettings({ dir, port, transportPort }: ElasticsearchPlace, cluster: string): Record<string, string> {
  return {
    'cluster.name': cluster,
    'node.name': `${cluster}-1`,
    'path.data': join(dir, 'data'),
    'path.logs': join(dir, 'logs'),
    'http.host': LOOPBACK,
    'http.port': String(port),
    'transport.host': LOOPBACK,
    'transport.port': String(transportPort),
    'discovery.type': 'single-node',
    'xpack.security.enabled': 'false',
    'cluster.routing.allocation.disk.threshold_enabled': 'false',
    'node.store.allow_mmap': 'false',
  }
}

/** C1 alone (TieredStopAtLevel=1) halves the CPU time of a start; a benchmark of Elasticsearch itself would want C2. */
function jvmOptions(dir: string, heap: string): string[] {
  return [
    `-Xms${heap}`,
    `-Xmx${heap}`,
    '-XX:+UseSerialGC',
    '-XX:TieredStopAtLevel=1',
    '20-:--add-modules=jdk.incubator.vector',
    '-Djava.io.tmpdir=${ES_TMPDIR}',
    '-XX:+ExitOnOutOfMemoryError',
    `-XX:ErrorFile=${join(dir, 'logs', 'hs_err_pid%p.log')}`,
    '-Dorg.apache.lucene.store.MMapDirectory.sharedArenaMaxPermits=1',
  ]
}

async function answers(url: string, cluster: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/_cluster/health`, { signal: AbortSignal.timeout(2_000) })
    const health = await response.text()
    return response.ok && health.includes(`"cluster_name":"${cluster}"`) && !health.includes('"status":"red"')
  } catch {
    return false
  }
}
