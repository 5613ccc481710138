/** The index saves time and never changes an answer: held against the plain version, which tries every rule. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { linksOf } from '../../../src/classify/links.ts'
import { loadPatterns } from '../../../src/classify/load.ts'
import { createClassifier } from '../../../src/classify/match.ts'
import { namesOf } from '../../../src/match/class-names.ts'
import { needlesOfRegex } from '../../../src/match/needles-of-regex.ts'
import type { Example, PatternRule } from '../../../src/classify/rule.ts'
import { parseTrace } from '../../../src/decode/stack-trace.ts'
import type { Throwable } from '../../../src/event.ts'

const rules = [...loadPatterns().rules]
const examples = rules.flatMap((rule) => [...rule.examples.match, ...rule.examples.noMatch])

/** The words of match.ts, without an index: per rule, by the chain first, then by the log message; the first rule wins. */
function plainly(tried: readonly PatternRule[], throwable: Throwable | null, logger: string | null, message: string): string | null {
  const links = linksOf({ throwable, message })
  const holds = (rule: PatternRule, text: string | null) =>
    rule.message === null || (text !== null && rule.message.test(text.slice(0, 2_048).toLowerCase()))
  const found = tried.find((rule) => {
    if (rule.logger !== null && (logger === null || !rule.logger.test(logger))) return false
    if (rule.frame !== null && !links.some((link) => link.frames.some((frame) => rule.frame!.test(`${frame.className}.${frame.method}`))))
      return false
    if (rule.exception === null && rule.message === null) return true
    if (links.some((link) => (rule.exception?.test(link.type) ?? true) && holds(rule, link.message))) return true
    return rule.exception === null && rule.message !== null && holds(rule, message)
  })
  return found?.id ?? null
}

function throwableOf({ trace }: Example): Throwable | null {
  return trace === null ? null : parseTrace(trace, { type: null, message: null }).throwable
}

describe('the index', () => {
  it('answers as the plain version does, for any rules, chains and log messages', () => {
    const anExample = fc.constantFrom(...examples)
    const property = fc.property(fc.subarray(rules), anExample, anExample, anExample, (some, outer, inner, log) => {
      const cause = throwableOf(inner)
      const top = throwableOf(outer)
      const throwable = top === null ? cause : { ...top, cause: top.cause ?? cause }
      const message = log.message === '' ? (log.trace ?? '') : log.message
      const subject = {
        throwable,
        truncated: false,
        logger: outer.logger,
        message: throwable === null ? message : '',
        messageTemplate: null,
      }
      const classify = createClassifier({ rules: some })
      expect(classify(subject)(message)?.rule ?? null).toBe(plainly(some, throwable, outer.logger, message))
    })
    fc.assert(property, { numRuns: 300 })
  })
})

describe('the part of a name by which a rule is looked up', () => {
  it.each([
    ['a class', 'java.net.ConnectException', ['ConnectException']],
    ['a simple name', 'ConnectException', ['ConnectException']],
    ['a package', 'org.apache.kafka.common.errors.*', ['errors']],
    ['a class whose end is open', 'feign.FeignException*', ['feign']],
    ['a class whose package is open', '*.KeeperException', ['KeeperException']],
    ['none, where both are open', '*Exception', null],
    ['none, where the first part is open', 'org*', null],
  ])('%s', (_, pattern, expected) => expect(namesOf([pattern]).parts).toEqual(expected))

  it('is none where one of several names has none', () => expect(namesOf(['a.B', '*Exception']).parts).toBeNull())
})

describe('what an expression asks for at least', () => {
  it.each([
    ['words', 'timed out', ['timed out']],
    ['the longest words', 'heartbeat of .{0,9} timed', ['heartbeat of ']],
    ['each alternative', 'deadline exceeded|timed out', ['deadline exceeded', 'timed out']],
    ['nothing, where an alternative has no words', 'deadline|a.b', null],
    ['nothing of an optional character', 'timed? out', ['time']],
    ['nothing of an optional group', '(?:not )?found', ['found']],
    ['nothing of a group at all', '(?:abc|def) x', null],
    ['a character that is repeated', 'abcd+ef', ['abcd']],
    ['a character that may be repeated no time', 'abcd*ef', ['abc']],
    ['escaped signs', 'limit \\[\\d+\\]', ['limit [']],
    ['nothing of a class', '[abc]defg', ['defg']],
    ['lower case', 'ORA-00001', ['ora-00001']],
  ])('%s', (_, source, expected) => expect(needlesOfRegex(source)).toEqual(expected))
})
