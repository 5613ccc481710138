import { describe, expect, it } from 'vitest'
import { closingLine, failuresOf, isGood, sum, tallyRun } from '../../../tools/test/tally.ts'

const suite = (status: 'passed' | 'failed', ...tests: string[]) => ({ status, assertionResults: tests.map((test) => ({ status: test })) })
const report = (...testResults: ReturnType<typeof suite>[]) => ({ testResults })
const clean = report(suite('passed', 'passed', 'passed'))

describe('the tally of a vitest run', () => {
  it.each([
    [
      'counts passed, failed and skipped tests over all suites',
      report(suite('passed', 'passed', 'skipped'), suite('failed', 'failed', 'passed', 'failed')),
      1,
      [2, 2, 1],
    ],
    ['counts pending, todo and disabled tests as skipped', report(suite('passed', 'passed', 'pending', 'todo', 'disabled')), 0, [1, 0, 3]],
    ['counts a suite that did not load as failed', report(suite('failed'), suite('passed', 'passed')), 1, [1, 1, 0]],
    ['counts a suite that did not load beside failed tests of another', report(suite('failed'), suite('failed', 'failed')), 1, [0, 2, 0]],
    [
      'counts a suite whose last hook failed as failed, though all its tests passed',
      report(suite('failed', 'passed', 'passed')),
      1,
      [2, 1, 0],
    ],
    [
      'counts the tests that a failed hook kept from running as failed',
      report(suite('failed', 'skipped', 'skipped', 'skipped')),
      1,
      [0, 3, 0],
    ],
    ['does not count a suite beside its failed tests', report(suite('failed', 'failed')), 1, [0, 1, 0]],
    ['counts an unhandled error, which only the exit code tells, as failed', clean, 1, [2, 1, 0]],
    ['counts a run that a signal ended as failed', clean, null, [2, 1, 0]],
    ['counts a run without a report as failed', null, 0, [0, 1, 0]],
    ['counts a report of an unknown form as failed', { testResults: [{ status: 'new' }] }, 0, [0, 1, 0]],
    ['counts a run that found no test as failed', report(), 1, [0, 1, 0]],
  ])('%s', (_, given, exitCode, [passed, failed, skipped]) => {
    expect(tallyRun(given, exitCode)).toEqual({ passed, failed, skipped })
  })

  it('is not good when something failed, or when nothing passed', () => {
    expect(isGood({ passed: 5, failed: 0, skipped: 1 })).toBe(true)
    expect(isGood({ passed: 5, failed: 1, skipped: 0 })).toBe(false)
    expect(isGood({ passed: 0, failed: 0, skipped: 7 })).toBe(false)
  })
})

describe('what failed', () => {
  it('is named by file, test and the first line of why', () => {
    const failed = { fullName: 'adds up', status: 'failed', failureMessages: ['AssertionError: expected 1\n    at here'] }
    const told = {
      testResults: [{ name: 'a.test.ts', status: 'failed', assertionResults: [{ status: 'passed' }, failed] }, ...clean.testResults],
    }
    expect(failuresOf(told)).toEqual(['a.test.ts: adds up: AssertionError: expected 1'])
  })

  it('is the suite, where none of its tests failed', () => {
    const told = { testResults: [{ name: 'b.test.ts', status: 'failed', message: 'SyntaxError: no\n', assertionResults: [] }] }
    expect(failuresOf(told)).toEqual(['b.test.ts: SyntaxError: no'])
  })

  it('is the run itself, where it left no report', () => {
    expect(failuresOf(null)).toEqual(['the run left no report that can be read'])
    expect(failuresOf(clean)).toEqual([])
  })
})

describe('the closing line', () => {
  it('names what was skipped only where something was', () => {
    expect(closingLine({ passed: 3, failed: 0, skipped: 0 })).toBe('3 passed, 0 failed')
    expect(closingLine({ passed: 3, failed: 1, skipped: 2 })).toBe('3 passed, 1 failed, 2 skipped')
  })

  it('adds up all parts of the run', () => {
    expect(
      closingLine(
        sum([
          { passed: 1, failed: 2, skipped: 3 },
          { passed: 10, failed: 20, skipped: 30 },
        ]),
      ),
    ).toBe('11 passed, 22 failed, 33 skipped')
    expect(closingLine(sum([]))).toBe('0 passed, 0 failed')
  })
})
