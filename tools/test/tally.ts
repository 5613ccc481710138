/**
 * In: what vitest's JSON reporter wrote about a run, and the exit code of that run. Out: how many tests passed, failed and were skipped,
 * which ones failed, and the closing line that says so. Invariant: a run that vitest itself calls failed has at least one failure here, also where no single
 * test failed (a suite that did not load, a hook, an unhandled error, no report at all).
 */
import { z } from 'zod'

export interface Tally {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

export const PASSED: Tally = { passed: 1, failed: 0, skipped: 0 }
export const FAILED: Tally = { passed: 0, failed: 1, skipped: 0 }

/** The part of vitest's JSON report that decides. `passed` and `failed` are all that can be told of a test that ran. */
const reportSchema = z.object({
  testResults: z.array(
    z.object({
      name: z.string().default(''),
      status: z.enum(['passed', 'failed']),
      message: z.string().default(''),
      assertionResults: z.array(
        z.object({
          fullName: z.string().default(''),
          status: z.enum(['passed', 'failed', 'skipped', 'pending', 'todo', 'disabled']),
          failureMessages: z.array(z.string()).default([]),
        }),
      ),
    }),
  ),
})

type Suite = z.output<typeof reportSchema>['testResults'][number]

export function sum(tallies: readonly Tally[]): Tally {
  const total = { passed: 0, failed: 0, skipped: 0 }
  for (const tally of tallies) {
    total.passed += tally.passed
    total.failed += tally.failed
    total.skipped += tally.skipped
  }
  return total
}

/** `report` is the parsed report, or null where the run left none; `exitCode` is null where a signal ended the run. */
export function tallyRun(report: unknown, exitCode: number | null): Tally {
  const parsed = reportSchema.safeParse(report)
  const tests = parsed.success ? sum(parsed.data.testResults.map(tallySuite)) : { passed: 0, failed: 0, skipped: 0 }
  const isUnexplained = tests.failed === 0 && (exitCode !== 0 || !parsed.success)
  return isUnexplained ? sum([tests, FAILED]) : tests
}

/** Each test and each suite that failed, as its file, its name, and the first line of why: what the end of a long log should say again. */
export function failuresOf(report: unknown): string[] {
  const parsed = reportSchema.safeParse(report)
  if (!parsed.success) return ['the run left no report that can be read']
  return parsed.data.testResults.flatMap((suite) => {
    const failed = suite.assertionResults.filter(({ status }) => status === 'failed')
    if (suite.status === 'failed' && failed.length === 0) return [`${suite.name}: ${firstLine(suite.message)}`]
    return failed.map((test) => `${suite.name}: ${test.fullName}: ${firstLine(test.failureMessages[0])}`)
  })
}

function firstLine(text = ''): string {
  return text.split('\n', 1)[0] ?? ''
}

/** True if something ran and nothing failed. */
export function isGood(tally: Tally): boolean {
  return tally.failed === 0 && tally.passed > 0
}

export function closingLine({ passed, failed, skipped }: Tally): string {
  const ran = `${passed} passed, ${failed} failed`
  return skipped > 0 ? `${ran}, ${skipped} skipped` : ran
}

/**
 * A suite that failed although none of its tests did has not loaded, or failed in a hook: what it kept from running has failed, at least
 * one. (The report does not tell a test that a hook kept from running from one that was skipped on purpose.)
 */
function tallySuite({ status, assertionResults }: Suite): Tally {
  const count = (wanted: string) => assertionResults.filter((test) => test.status === wanted).length
  const passed = count('passed')
  const failed = count('failed')
  const unrun = assertionResults.length - passed - failed
  return status === 'failed' && failed === 0 ? { passed, failed: Math.max(1, unrun), skipped: 0 } : { passed, failed, skipped: unrun }
}
