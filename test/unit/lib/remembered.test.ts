import { describe, expect, it } from 'vitest'
import { remembered } from '../../../src/lib/remembered.ts'

describe('a function that remembers', () => {
  it('works once for a text, and again once it has forgotten', () => {
    const asked: string[] = []
    const upper = remembered((text) => (asked.push(text), text.toUpperCase()), { maxTexts: 2, maxChars: 3 })
    expect(['a', 'b', 'a', 'c', 'a', 'c'].map(upper)).toEqual(['A', 'B', 'A', 'C', 'A', 'C'])
    expect(asked).toEqual(['a', 'b', 'c', 'a'])
  })

  it('works each time for a text that is too long to keep', () => {
    let asked = 0
    const length = remembered((text) => (asked++, text.length), { maxTexts: 2, maxChars: 3 })
    expect([length('long'), length('long'), asked]).toEqual([4, 4, 2])
  })

  it('keeps every character as it is, halves of pairs too', () => {
    const same = remembered((text) => text, { maxTexts: 2, maxChars: 9 })
    expect(same('é\ud83d\0')).toBe('é\ud83d\0')
  })
})
