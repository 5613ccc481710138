/** Redacting is stable, whatever stands beside what. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { redact, redactBytes } from '../../src/decode/redact.ts'

const PIECES = [
  'password', 'token', 'secret', 'api_key', 'authorization', 'Bearer ', 'Basic ', '=', ': ', ':', '"', '\\"', "'", '@', '://', '/', ' ', '\n', '\tat ', ')', ']', '[', ',', '-', '.',
  'a', 'abc', 'x1y2z3w4', 'b.com', 'user@b.com', '4111111111111111', '4111 1111 1111 1111', '1', '4', '12345', 'eyJhbGciOiJIUzI1NiJ9.e30.abc', 'eyJ', '[redacted:secret]', 'é', '中',
]
const text = fc.oneof(fc.array(fc.constantFrom(...PIECES), { maxLength: 14 }).map((pieces) => pieces.join('')), fc.string(), fc.string({ unit: 'binary' }))

describe('redacting', () => {
  it('changes nothing when done again', () => {
    fc.assert(
      fc.property(text, (value) => {
        const once = redact(value)
        expect(redact(once)).toBe(once)
      }),
      { numRuns: 3_000 },
    )
  })

  it('leaves no password behind its key, and no address', () => {
    const word = fc.stringMatching(/^[A-Za-z0-9]{4,12}$/)
    fc.assert(
      fc.property(text, word, (before, letters) => {
        expect(redact(`${before} password=zq${letters}zq `)).not.toContain(`zq${letters}zq`)
        expect(redact(`${before} zq${letters}@example.com `)).not.toContain(`zq${letters}@`)
      }),
      { numRuns: 1_000 },
    )
  })

  it('treats bytes as it treats text', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...PIECES), { maxLength: 14 }), (pieces) => {
        const ascii = pieces.join('').replace(/[^\n\t -~]/g, '')
        expect(redactBytes(Buffer.from(ascii)).toString()).toBe(redact(ascii))
      }),
      { numRuns: 300 },
    )
  })
})
