import { describe, expect, it } from 'vitest'
import { faultOfPattern, MAX_COMPARISONS_PER_START, patternCost } from '../../../src/decode/redact-pattern.ts'

describe('a pattern for redaction', () => {
  it.each([
    ['a number of digits', 'EMP-\\d{4,8}'],
    ['an account number', '\\b[A-Z]{2}\\d{2}[A-Z0-9]{11,30}\\b'],
    ['digits in groups', '\\b\\d{3}-\\d{2}-\\d{4}\\b'],
    ['an address of a host', '\\b\\d{1,3}(?:\\.)\\d{1,3}\\.\\d{1,3}\\.\\d{1,3}\\b'],
    ['a word and what follows it', 'session[=:]\\s{0,4}\\S{1,200}'],
    ['what ends without a bound', 'tok_\\w+'],
    ['what ends without a bound, and an option', 'tok_\\w+(?:=)?'],
    ['alternatives that end without a bound', 'tok_\\w+|key_\\w*|x{3,}'],
    ['an optional group', 'tel(?:ephone)?: \\+?\\d{6,15}'],
    ['a gap with a bound', 'name: .{1,80} born'],
    ['characters beyond ASCII', 'straße \\d{1,4}'],
    ['code points', '\\u00a7\\x41{2}'],
    ['classes with brackets in them', '[\\]()|{}]{3}\\d'],
    ['a brace that counts nothing', 'a{b'],
    ['lazy quantifiers', 'a.{0,9}?b\\d{1,3}?'],
  ])('is taken: %s', (_, source) => expect(faultOfPattern(source)).toBeNull())

  it.each([
    ['a repeated group', '(a+)+$', 'a group may be optional, but not repeated'],
    ['a look-behind', '(?<=id=)\\d', 'of the groups with (? only (?: is taken'],
    ['a back-reference', '(a)\\1', 'back-references are not taken'],
    ['no bound before what may fail', '\\d+x', '\\d+ may run through the whole text'],
    ['no bound before an end of word', '\\d{3,}\\b', '\\d{3,} may run through the whole text'],
    ['no bound within a group before what may fail', '(?:\\w+|x)y', '\\w+ may run through the whole text'],
    ['many ways to match', '.{0,99}a.{0,99}b', 'comparisons per position'],
    ['a dozen choices', '(?:a|b)?(?:a|b)?(?:a|b)?(?:a|b)?(?:a|b)?(?:a|b)?(?:a|b)?(?:a|b)?c', 'comparisons per position'],
    ['what does not close', '(a', 'not a regular expression'],
    ['nothing to find', 'x?', 'matches where there is no text'],
    ['a place and no text', '\\b|abc', 'matches where there is no text'],
    ['Unicode classes, which would be plain letters', '\\p{L}+', '\\p is not taken'],
    ['a page', 'a'.repeat(501), 'at most 500 characters'],
  ])('is refused: %s', (_, source, why) => expect(faultOfPattern(source)).toContain(why))

  it.each([
    ['what comes next ends what is repeated', '\\d{1,20}-x', 41],
    ['what comes next may be repeated, too', '.{1,20}-x', 60],
    ['nothing can fail any more', 'a\\d{0,20}[a-z]{0,20}', 41],
    ['what is optional in between', '\\d{1,20}-?x', 61],
  ])('is known by how often it compares, where %s', (_, source, comparisons) => {
    expect(patternCost(source)).toMatchObject({ comparisons })
    expect(comparisons).toBeLessThan(MAX_COMPARISONS_PER_START)
  })
})
