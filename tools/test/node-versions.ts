/**
 * `npm run test:node`: runs the unit tests on each Node.js version we promise, and prints a table and the closing line.
 *
 * Each version comes from the npm registry (the platform packages behind the package `node`) into the cache outside the checkout, once.
 * That `node` runs vitest itself, and so its workers and every child the tests start; node_modules is the checkout's, as installed by the
 * Node.js at hand: its native addons speak Node-API, and that they load on every version is part of what is tested.
 */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { keep } from '../services/cache.ts'
import { run } from '../services/java.ts'
import { cacheRoot } from '../services/paths.ts'
import { closingLine, isGood, sum, type Tally } from './tally.ts'
import { runProject } from './vitest.ts'

/** Newest release of each line when this was last looked at. */
const VERSIONS = ['20.20.2', '22.23.3', '24.21.0']

interface Result {
  readonly version: string
  readonly tally: Tally
  readonly seconds: number
}

/** Resolves to the exit code: 0 only if on every version something ran and nothing failed. */
export async function main(): Promise<number> {
  const results: Result[] = []
  for (const version of VERSIONS) results.push(await testOn(version))
  console.log(table(results))
  console.log(closingLine(sum(results.map(({ tally }) => tally))))
  return results.every(({ tally }) => isGood(tally)) ? 0 : 1
}

async function testOn(version: string): Promise<Result> {
  const node = await fetchNode(version)
  console.log(`Node.js ${version}`)
  const start = performance.now()
  const { tally } = await runProject('unit', node)
  return { version, tally, seconds: Math.round((performance.now() - start) / 1000) }
}

/** The path of that version's `node`, which has said itself that it is that version. */
async function fetchNode(version: string): Promise<string> {
  const name = platformPackage()
  const folder = await keep({
    root: cacheRoot(),
    name: `${name}-${version}`,
    lock: `node-${version}`,
    build: async (scratch) => {
      const out = join(scratch, 'out')
      await mkdir(out)
      await run('npm', ['install', '--prefix', out, '--no-audit', '--no-fund', `${name}@${version}`])
      return out
    },
  })
  const node = join(folder, 'node_modules', name, 'bin', 'node')
  const answer = (await run(node, ['--version'])).trim()
  if (answer !== `v${version}`) throw new Error(`${node} is Node.js ${answer}; expected v${version}. Delete ${folder} and try again`)
  return node
}

/** Linux and macOS; on Apple's own processors the package has another prefix. */
function platformPackage(): string {
  const prefix = process.platform === 'darwin' && process.arch === 'arm64' ? 'node-bin' : 'node'
  return `${prefix}-${process.platform}-${process.arch}`
}

function table(results: readonly Result[]): string {
  const rows = results.map(({ version, tally, seconds }) => [version, tally.passed, tally.failed, tally.skipped, seconds])
  return [['Node.js', 'passed', 'failed', 'skipped', 'seconds'], ...rows]
    .map((row) => row.map((cell) => String(cell).padStart(9)).join(''))
    .join('\n')
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) process.exitCode = await main()
