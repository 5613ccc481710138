import { describe, expect, it } from 'vitest'
import { MAX_STEPS_PER_START, regexCost } from '../../../src/match/regex-cost.ts'

function isTaken(source: string): boolean {
  const cost = regexCost(source)
  return !('refused' in cost) && cost.steps <= MAX_STEPS_PER_START
}

describe('an expression', () => {
  it.each([
    ['words', 'connection refused'],
    ['alternatives', 'timed? ?out|deadline exceeded'],
    ['one without a bound', 'id .* timed out'],
    ['bounded ones', 'id .{0,60} of .{0,60} lost'],
    ['a class', 'limit \\[\\d{1,9}\\]'],
    ['an optional group', 'wait(?:ed)? millis'],
    ['a bracket in a class', '[)(]{1,3}x'],
    ['a brace that counts nothing', 'a{b'],
  ])('is taken: %s', (_, source) => expect(isTaken(source)).toBe(true))

  it.each([
    ['a repeated group', '(a+)+$'],
    ['a repeated group with alternatives', '(?:a|a)*b'],
    ['a group repeated by number', '(?:a|a){20}'],
    ['two without a bound', '.*x.*y'],
    ['large bounds', '.{0,500}x.{0,500}y'],
    ['a look-ahead', '(?=a)b'],
    ['a look-behind', '(?<=a)b'],
    ['a back-reference', '(a)\\1'],
    ['a named back-reference', '(a)\\k<x>'],
    ['many optional ones', 'a?b?c?d?e?f?g?h?i?j?k?l?m?'],
  ])('is refused: %s', (_, source) => expect(isTaken(source)).toBe(false))
})
