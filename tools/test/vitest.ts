/**
 * Runs one vitest project in a process of its own and says what came of it. In: the project's name, and the Node.js to run it on.
 * Vitest's usual output goes to our own stdout as it comes; the numbers come from its JSON report, never from that output.
 */
import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { failuresOf, tallyRun, type Tally } from './tally.ts'

export type Project = 'unit' | 'service'

export interface ProjectResult {
  readonly tally: Tally
  /** One line for each failure. */
  readonly failures: readonly string[]
}

const VITEST = join('node_modules', 'vitest', 'vitest.mjs')

/** Runs all tests of a project and counts them. Never rejects for what a test does. */
export async function runProject(project: Project, node: string = process.execPath): Promise<ProjectResult> {
  const folder = await mkdtemp(join(tmpdir(), 'tracefold-tests-'))
  try {
    const report = join(folder, 'report.json')
    const exitCode = await run(node, [
      VITEST,
      'run',
      '--project',
      project,
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${report}`,
    ])
    const told = await readJson(report)
    return { tally: tallyRun(told, exitCode), failures: exitCode === 0 ? [] : failuresOf(told) }
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** Runs a program on our own stdout and stderr, without stdin; its exit code, or null where it did not run to its end. */
export async function run(program: string, args: readonly string[]): Promise<number | null> {
  const child = spawn(program, args, { stdio: ['ignore', 'inherit', 'inherit'] })
  return new Promise((resolve) => {
    child.once('error', (error) => {
      console.error(`${program}: ${error.message}`)
      resolve(null)
    })
    child.once('exit', resolve)
  })
}

/** A missing or broken report reads as null: what that means, tallyRun says. */
async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'))
  } catch {
    return null
  }
}
