/** The pattern rules in force, as the API tells them, and where their links lead. */
import { describe, expect, it } from 'vitest'
import { ruleBookOf } from '../../../src/api/rule-book.ts'
import { patternsAnswer } from '../../../src/api/schemas.ts'
import { loadPatterns, type PatternSet } from '../../../src/classify/load.ts'
import { apiWith, fakeRules, REFUSED } from './fakes.ts'

describe('the rules in force', () => {
  it('are listed with what they mean, what to do and where more is', async () => {
    const app = await apiWith({
      rules: fakeRules(REFUSED, { ...REFUSED, id: 'mine', family: 'acme', advice: null, link: 'https://wiki.acme.test/refused' }),
    })
    expect(patternsAnswer.parse((await app.inject('/api/v1/patterns')).json()).patterns).toMatchObject([
      REFUSED,
      { id: 'mine', advice: null, link: 'https://wiki.acme.test/refused' },
    ])
  })

  it('are not offered where a process has none', async () => {
    expect((await (await apiWith()).inject('/api/v1/patterns')).json()).toMatchObject({ code: 'not_here' })
  })
})

describe('a rule book', () => {
  const builtIn = loadPatterns()

  it('has words for every built-in rule, with a link to an anchor of our own page', () => {
    const book = ruleBookOf(() => builtIn)
    expect(book.all()).toHaveLength(builtIn.rules.length)
    for (const { id, category, severity, title, meaning, family, link } of book.all()) {
      expect(book.adviceOf(id)).toMatchObject({ id, category, severity })
      expect([title, meaning, family].every((text) => text !== '')).toBe(true)
      expect(link).toMatch(new RegExp(`^patterns\\.html#${id}$|^https?://`))
    }
    expect(book.adviceOf('no-such-rule')).toBeNull()
  })

  it('follows the set that is in force, and has nothing before there is one', () => {
    let inForce: PatternSet | null = null
    const book = ruleBookOf(() => inForce)
    expect([book.all(), book.adviceOf('heap-memory')]).toEqual([[], null])
    inForce = builtIn
    expect(book.adviceOf('heap-memory')?.category).toBe('out-of-memory')
    inForce = { ...builtIn, rules: [] }
    expect(book.adviceOf('heap-memory')).toBeNull()
  })

  it('keeps the address of a rule that names one', () => {
    const [first] = builtIn.rules
    if (first === undefined) throw new Error('there are no built-in rules')
    const rule = { ...first, classification: { ...first.classification, link: 'https://wiki.acme.test/x' } }
    expect(ruleBookOf(() => ({ ...builtIn, rules: [rule] })).adviceOf(rule.id)?.link).toBe('https://wiki.acme.test/x')
  })
})
