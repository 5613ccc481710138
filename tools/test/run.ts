/**
 * `npm test`: lint, the unit tests (seconds), then the tests on the real servers; `unit` or `service` as argument runs one half. run.mjs has
 * built the project before, which counts as a passed check. Ends with one line, `N passed, N failed[, N skipped]`, over all of it.
 *
 * Without a JDK and Maven no server can be started: then test/support/services.ts skips the service tests, each of which is counted here;
 * with CI=true it lets them fail.
 */
import { haveJavaAndMaven } from '../services/java.ts'
import { closingLine, FAILED, isGood, PASSED, sum, type Tally } from './tally.ts'
import { run, runProject } from './vitest.ts'

const HALVES = { all: [lint, unitTests, serviceTests], unit: [unitTests], service: [serviceTests] }

/** Runs what the arguments name and resolves to the exit code: 0 only if nothing failed and something ran that is not the build. */
export async function main([half = 'all']: readonly string[]): Promise<number> {
  if (!isHalf(half)) {
    console.error(`unknown part of the tests: ${half}; expected unit, service or nothing`)
    return 2
  }
  const build = check('build', true)
  const tallies: Tally[] = []
  for (const part of HALVES[half]) tallies.push(await part())
  console.log(closingLine(sum([build, ...tallies])))
  return isGood(sum(tallies)) ? 0 : 1
}

function isHalf(name: string): name is keyof typeof HALVES {
  return Object.hasOwn(HALVES, name)
}

function check(name: string, isPassed: boolean): Tally {
  console.log(`check ${name}: ${isPassed ? 'passed' : 'failed'}`)
  return isPassed ? PASSED : FAILED
}

async function lint(): Promise<Tally> {
  return check('lint', (await run('npm', ['run', '--silent', 'lint'])) === 0)
}

async function unitTests(): Promise<Tally> {
  return runProject('unit')
}

async function serviceTests(): Promise<Tally> {
  const missing = haveJavaAndMaven()
  if (missing !== null) console.log(`the service tests cannot run: ${missing}`)
  return runProject('service')
}
