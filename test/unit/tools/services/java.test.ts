/** Why a machine cannot run the services is said before anything is tried. */
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { haveJavaAndMaven } from '../../../../tools/services/java.ts'

let dir = ''

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tracefold-java-'))
})
afterEach(() => rm(dir, { recursive: true }))

async function machine(files: readonly string[], version = '17.0.15'): Promise<NodeJS.ProcessEnv> {
  for (const file of files) {
    await mkdir(dirname(join(dir, file)), { recursive: true })
    await writeFile(join(dir, file), '')
    await chmod(join(dir, file), 0o755)
  }
  await writeFile(join(dir, 'release'), `JAVA_VERSION="${version}"\n`)
  return { JAVA_HOME: dir, PATH: join(dir, 'bin') }
}

const ALL = ['bin/java', 'bin/javac', 'bin/mvn']

test.each([
  ['no Java', ['bin/mvn'], '17.0.15', 'no Java'],
  ['a JRE', ['bin/java', 'bin/mvn'], '17.0.15', 'no javac'],
  ['another Java', ALL, '21.0.2', 'is Java 21.0.2'],
  ['an old Java', ALL, '1.8.0_402', 'is Java 1.8.0_402'],
  ['no Maven', ['bin/java', 'bin/javac'], '17.0.15', 'no Maven'],
])('%s', async (_, files, version, reason) => {
  expect(haveJavaAndMaven(await machine(files, version))).toContain(reason)
})

test('a JDK 17 with Maven is all it takes', async () => {
  expect(haveJavaAndMaven(await machine(ALL))).toBeNull()
})

test('without JAVA_HOME the Java on the PATH counts', async () => {
  const { PATH } = await machine(ALL)
  expect(haveJavaAndMaven({ PATH })).toBeNull()
  expect(haveJavaAndMaven({ PATH: '/nowhere' })).toContain('no Java')
})
