/**
 * Brings the servers from Maven Central into the cache: Kafka's and Druid's jars, Elasticsearch's home, Druid's compiled launcher.
 *
 * In: nothing but a network (or a cache that is filled already). Out: paths. A repeat finds the folders and does nothing.
 * Kafka and Druid go through Maven's own local repository, one after the other, since Maven 3 does not lock it. Elasticsearch comes
 * inside an 878 MB zip, so it gets a repository of its own inside the scratch folder, which goes away with the zip.
 */
import { createHash } from 'node:crypto'
import { copyFile, mkdir, readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { keep } from './cache.ts'
import { javaHome, mavenDependency, run } from './java.ts'
import { cacheRoot, ownFile } from './paths.ts'
import { keptFolders, reachable, unprivileged } from './user.ts'

const KAFKA = { '3.9': { name: 'kafka-3.9.2', pom: 'kafka.pom.xml' }, '4.3': { name: 'kafka-4.3.1', pom: 'kafka-4.pom.xml' } } as const
export type KafkaVersion = keyof typeof KAFKA
/** The first is what is used unless told. */
export const KAFKA_VERSIONS = ['3.9', '4.3'] as const satisfies readonly KafkaVersion[]
const ELASTICSEARCH = {
  '8.19': { name: 'elasticsearch-8.19.13', pom: 'elasticsearch.pom.xml' },
  '9.4': { name: 'elasticsearch-9.4.3', pom: 'elasticsearch-9.pom.xml' },
} as const
export type ElasticsearchVersion = keyof typeof ELASTICSEARCH
const DRUID = 'druid-33.0.0'

/** apm and x-pack-security are asked for by Elasticsearch's own launcher; the rest is what an indexer needs. */
const MODULES = [
  'apm',
  'x-pack-core',
  'x-pack-security',
  'transport-netty4',
  'rest-root',
  'analysis-common',
  'aggregations',
  'ingest-common',
  'lang-painless',
  'parent-join',
  'reindex',
]
const OTHER_PLATFORMS = ['bin/*.bat', 'bin/*.exe', 'lib/platform/darwin*/**', 'lib/platform/windows*/**']
const LAUNCHER = ['DruidDev.java', 'DruidRole.java'] as const

export type Say = (line: string) => void

export interface DruidFiles {
  readonly lib: string
  /** Holds `classes` (DruidDev) and `role-classes` (DruidRole, loaded anew for each Druid server). */
  readonly launcher: string
}

/** The folder of Kafka's jars. */
export async function fetchKafka(say: Say = () => {}, version: KafkaVersion = '3.9'): Promise<string> {
  const { name, pom } = KAFKA[version]
  return join(await keepJars(name, pom, say), 'lib')
}

/** Druid's jars and the compiled launcher. */
export async function fetchDruid(say: Say = () => {}): Promise<DruidFiles> {
  const lib = join(await keepJars(DRUID, 'druid.pom.xml', say), 'lib')
  return { lib, launcher: await keepLauncher(lib) }
}

/** Elasticsearch's home. */
export async function fetchElasticsearch(say: Say = () => {}, version: ElasticsearchVersion = '8.19'): Promise<string> {
  const { name, pom } = ELASTICSEARCH[version]
  return keep({
    root: reachable(keptFolders(cacheRoot()), unprivileged()),
    name,
    lock: name,
    onWait: () => say(`${name}: another process is fetching it`),
    build: async (scratch) => {
      say(`${name}: fetching (about 900 MB)`)
      const home = await unpackElasticsearch(scratch, pom)
      say(`${name}: there`)
      return home
    },
  })
}

function keepJars(name: string, pom: string, say: Say): Promise<string> {
  return keep({
    root: cacheRoot(),
    name,
    lock: 'maven',
    onWait: () => say(`${name}: another process is fetching`),
    build: async (scratch) => {
      say(`${name}: fetching`)
      const out = join(scratch, 'out')
      await mavenDependency('copy-dependencies', await copied(pom, scratch), { outputDirectory: join(out, 'lib'), includeScope: 'runtime' })
      say(`${name}: there`)
      return out
    },
  })
}

async function unpackElasticsearch(scratch: string, pom: string): Promise<string> {
  const inside = (paths: readonly string[]) => paths.map((path) => `*/elasticsearch/${path}`).join(',')
  const out = join(scratch, 'out')
  await mavenDependency('unpack-dependencies', await copied(pom, scratch), {
    'maven.repo.local': join(scratch, 'repository'),
    outputDirectory: out,
    excludeTransitive: 'true',
    'mdep.unpack.includes': inside(['*.txt', 'bin/**', 'config/**', 'lib/**', ...MODULES.map((module) => `modules/${module}/**`)]),
    'mdep.unpack.excludes': inside(OTHER_PLATFORMS),
  })
  const [release] = await readdir(out)
  if (release === undefined) throw new Error('the SonarQube zip held no elasticsearch folder')
  const home = join(out, release, 'elasticsearch')
  for (const folder of ['plugins', 'logs']) await mkdir(join(home, folder), { recursive: true })
  await run('chmod', ['-R', 'a+rX', home])
  return home
}

async function keepLauncher(lib: string): Promise<string> {
  const sources = LAUNCHER.map((file) => ownFile(join('launcher', file)))
  const hash = createHash('sha256').update(lib)
  for (const source of sources) hash.update(await readFile(source))
  const name = `druid-launcher-${hash.digest('hex').slice(0, 12)}`
  return keep({ root: cacheRoot(), name, lock: name, build: (scratch) => compile(sources, lib, join(scratch, 'out')) })
}

async function compile(sources: readonly string[], lib: string, out: string): Promise<string> {
  for (const [index, folder] of ['classes', 'role-classes'].entries()) {
    const source = sources[index] ?? ''
    await run(join(javaHome(), 'bin', 'javac'), ['-nowarn', '-cp', join(lib, '*'), '-d', join(out, folder), source])
  }
  return out
}

/** Maven writes `target` beside the pom, so it works on a copy. */
async function copied(pom: string, scratch: string): Promise<string> {
  const copy = join(scratch, 'pom.xml')
  await copyFile(ownFile(pom), copy)
  return copy
}
