/**
 * `npm test`: lint, the unit tests (seconds), then the tests on the real servers; `unit` or `service` as argument runs one half. run.mjs has
 * built the project before, which counts as a passed check. Ends with what failed, named again, and one line,
 * `N passed, N failed[, N skipped]`, over all of it.
 *
 * Without a JDK and Maven no server can be started: then test/support/services.ts skips the service tests, each of which is counted here;
 * with CI=true it lets them fail.
 */
import { haveJavaAndMaven } from '../services/java.ts'
import { closingLine, FAILED, isGood, PASSED, sum } from './tally.ts'
import { run, runProject, type ProjectResult } from './vitest.ts'

const HALVES = { all: [lint, unitTests, serviceTests], unit: [unitTests], service: [serviceTests] }

/** Runs what the arguments name and resolves to the exit code: 0 only if nothing failed and something ran that is not the build. */
export async function main([half = 'all']: readonly string[]): Promise<number> {
  if (!isHalf(half)) {
    console.error(`unknown part of the tests: ${half}; expected unit, service or nothing`)
    return 2
  }
  const build = check('build', true)
  const results: ProjectResult[] = []
  for (const part of HALVES[half]) results.push(await part())
  for (const failure of results.flatMap(({ failures }) => failures)) console.log(`failed: ${failure}`)
  const tallies = results.map(({ tally }) => tally)
  console.log(closingLine(sum([build.tally, ...tallies])))
  return isGood(sum(tallies)) ? 0 : 1
}

function isHalf(name: string): name is keyof typeof HALVES {
  return Object.hasOwn(HALVES, name)
}

function check(name: string, isPassed: boolean): ProjectResult {
  console.log(`check ${name}: ${isPassed ? 'passed' : 'failed'}`)
  return isPassed ? { tally: PASSED, failures: [] } : { tally: FAILED, failures: [name] }
}

async function lint(): Promise<ProjectResult> {
  return check('lint', (await run('npm', ['run', '--silent', 'lint'])) === 0)
}

async function unitTests(): Promise<ProjectResult> {
  return runProject('unit')
}

async function serviceTests(): Promise<ProjectResult> {
  const missing = haveJavaAndMaven()
  if (missing !== null) console.log(`the service tests cannot run: ${missing}`)
  return runProject('service')
}
