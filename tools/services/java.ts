/**
 * The JDK and Maven of this machine: where they are, whether they are there, and running them.
 *
 * JDK 17 exactly: Kafka 3.9, Elasticsearch 8.19 and Druid 33 were run on it together, and on no other.
 */
import { execFile, spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { promisify } from 'node:util'

const JDK = '17'
const DEPENDENCY_PLUGIN = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1'

/** Null when this machine can fetch and run the services, else the reason why not. */
export function haveJavaAndMaven(env: NodeJS.ProcessEnv = process.env): string | null {
  const home = findJavaHome(env)
  if (home === null) return `no Java: install a JDK ${JDK}, or set JAVA_HOME`
  if (!existsSync(join(home, 'bin', 'javac'))) return `${home} has no javac: a JDK ${JDK} is needed, not a JRE`
  const version = versionOf(home)
  if (version.split('.')[0] !== JDK) return `${home} is Java ${version}: JDK ${JDK} is needed, set JAVA_HOME to one`
  if (onPath('mvn', env) === null) return 'no Maven: mvn is not on the PATH'
  return null
}

/** The JDK's folder. Throws where `haveJavaAndMaven` would say why there is none. */
export function javaHome(): string {
  const home = findJavaHome(process.env)
  if (home === null) throw new Error(`no Java: install a JDK ${JDK}, or set JAVA_HOME`)
  return home
}

/** A JDK of at least this version beside the one above, or null: Elasticsearch 9 wants 21. */
export function newerJavaHome(least: number): string | null {
  const home = findJavaHome(process.env)
  if (home === null) return null
  const folder = dirname(home)
  const homes = readdirSync(folder)
    .map((name) => join(folder, name))
    .filter((path) => existsSync(join(path, 'bin', 'java')))
  return homes.find((path) => Number(versionOf(path).split('.')[0]) >= least) ?? null
}

export function java(): string {
  return join(javaHome(), 'bin', 'java')
}

/** Runs one goal of the dependency plugin on a pom. */
export async function mavenDependency(
  goal: 'copy-dependencies' | 'unpack-dependencies',
  pom: string,
  settings: Readonly<Record<string, string>>,
): Promise<void> {
  const options = Object.entries({ 'maven.artifact.threads': '16', ...settings }).map(([key, value]) => `-D${key}=${value}`)
  await run('mvn', ['-q', '-B', '-f', pom, `${DEPENDENCY_PLUGIN}:${goal}`, ...options], { JAVA_HOME: javaHome() })
}

/** Runs a program to its end; a failure carries what it said. */
export async function run(program: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(program, args, { env: { ...process.env, ...env }, maxBuffer: 64 * 1024 * 1024 })
    return stdout
  } catch (error) {
    // execFile's error carries both streams; Maven writes its errors to stdout.
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string }
    throw new Error(`${program} failed: ${`${stderr}\n${stdout}`.trim().slice(0, 4_000)}`, { cause: error })
  }
}

function findJavaHome(env: NodeJS.ProcessEnv): string | null {
  if (env['JAVA_HOME']) return existsSync(join(env['JAVA_HOME'], 'bin', 'java')) ? env['JAVA_HOME'] : null
  const found = onPath('java', env)
  return found === null ? null : dirname(dirname(realpathSync(found)))
}

function onPath(program: string, env: NodeJS.ProcessEnv): string | null {
  for (const folder of (env['PATH'] ?? '').split(delimiter)) {
    const file = join(folder, program)
    try {
      accessSync(file, constants.X_OK)
      return file
    } catch {
      continue
    }
  }
  return null
}

function versionOf(home: string): string {
  const release = join(home, 'release')
  const text = existsSync(release)
    ? readFileSync(release, 'utf8')
    : spawnSync(join(home, 'bin', 'java'), ['-version'], { encoding: 'utf8' }).stderr
  return /(?:JAVA_VERSION=|version )"([^"]+)"/.exec(text)?.[1] ?? 'of an unknown version'
}
