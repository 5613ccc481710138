import { describe, expect, test } from 'vitest'
import { hasBit, matchTest, RuleBits } from '../../../src/alert/matcher.ts'
import { ANYTHING, type Matcher } from '../../../src/alert/rule.ts'
import { aCountRow } from '../../support/alert-builders.ts'

const MATCHERS: { name: string; matcher: Matcher; expected: boolean[] }[] = [
  { name: 'anything', matcher: ANYTHING, expected: [true, true, true] },
  { name: 'a job by glob', matcher: { ...ANYTHING, job: ['pay*', 'ord*s'] }, expected: [true, true, false] },
  { name: 'an environment, which must be there', matcher: { ...ANYTHING, environment: ['*'] }, expected: [true, false, true] },
  { name: 'the root cause by its simple name', matcher: { ...ANYTHING, error: ['ConnectException'] }, expected: [false, true, false] },
  {
    name: 'the outermost exception by its package',
    matcher: { ...ANYTHING, error: ['org.apache.flink.*'] },
    expected: [false, true, false],
  },
  {
    name: 'category and severity together',
    matcher: { ...ANYTHING, category: ['connection', 'bad-input'], severity: ['high'] },
    expected: [false, true, false],
  },
  { name: 'a fingerprint', matcher: { ...ANYTHING, fingerprint: ['v1:0000000000000001'] }, expected: [true, false, true] },
]

const ROWS = [
  aCountRow(),
  aCountRow({
    job: 'payments',
    environment: null,
    fingerprint: 'v1:02',
    exceptionClass: 'org.apache.flink.util.FlinkException',
    rootCauseClass: 'java.net.ConnectException',
    category: 'connection',
    severity: 'high',
  }),
  aCountRow({ job: 'search', exceptionClass: null, rootCauseClass: null, category: null, severity: null }),
]

describe('a matcher for', () => {
  test.each(MATCHERS)('$name', ({ matcher, expected }) => {
    expect(ROWS.map((row) => matchTest(matcher)(row))).toEqual(expected)
  })

  test('many rules says by bits what each rule says alone, past 32 of them', () => {
    const matchers = Array.from({ length: 9 }, () => MATCHERS.map(({ matcher }) => matcher)).flat()
    const bits = new RuleBits(matchers)
    for (const row of [...ROWS, ...ROWS])
      expect(matchers.map((_, i) => hasBit(bits.of(row), i))).toEqual(matchers.map((matcher) => matchTest(matcher)(row)))
  })
})
