/**
 * Entry of `npm test`, in plain JavaScript because Node.js 20 cannot run TypeScript and nothing is compiled yet: builds the project,
 * then hands over to run.ts. The build type-checks sources, tools and tests alike. A failed build is one failed check and ends the run.
 */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

process.chdir(fileURLToPath(new URL('../..', import.meta.url)))
const build = spawnSync('npm', ['run', '--silent', 'build'], { stdio: 'inherit' })
if (build.status === 0) {
  const { main } = await import('../../dist/tools/test/run.js')
  process.exitCode = await main(process.argv.slice(2))
} else {
  console.log('check build: failed\n0 passed, 1 failed')
  process.exitCode = 1
}
