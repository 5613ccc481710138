import { describe, expect, it } from 'vitest'
import { parseLevel } from '../../../src/decode/level.ts'

describe('parseLevel', () => {
  it.each([
    ['FATAL', ['FATAL', 'fatal', 'CRITICAL', 'EMERGENCY', 'Alert', 50_000, 0, 1, 2, 60, 100]],
    ['ERROR', ['ERROR', ' error ', 'SEVERE', 'err', 40_000, '40000', 3, '3', 50, 200, 1_000]],
    ['WARN', ['WARN', 'Warning', 30_000, 4, 40, 900]],
    ['INFO', ['INFO', 'notice', 20_000, 5, 6, 30, 800]],
    ['DEBUG', ['DEBUG', 'fine', 'CONFIG', 10_000, 7, 20, 500]],
    ['TRACE', ['TRACE', 'finest', 5_000, 10, 300]],
  ])('reads %s in all its spellings', (level, spellings) => {
    expect(spellings.map(parseLevel)).toEqual(spellings.map(() => level))
  })

  it('says nothing of what it does not know', () => {
    expect(['AUDIT', '', null, undefined, {}, -1, 3.5, NaN, 'x'.repeat(100)].map(parseLevel)).toEqual(Array(9).fill(null))
  })
})
