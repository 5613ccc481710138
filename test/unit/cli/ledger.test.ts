import { describe, expect, test } from 'vitest'
import { renderLedger } from '../../../src/cli/ledger.ts'
import type { LedgerTotal } from '../../../src/store/ledger.ts'

function line(counts: LedgerTotal['counts']): LedgerTotal {
  return { branch: 'detail', contributor: 'main/error-logs/0/3', day: '2026-11-21', counts }
}

describe('tracefold ledger', () => {
  test('a line that adds up is in balance, with every other outcome by name', () => {
    const text = renderLedger([line({ consumed: 10, counted: 6, 'filtered.level': 3, 'dead.not_json': 1 })], null)
    expect(text).toContain('filtered.level 3, dead.not_json 1')
    expect(text.trimEnd().endsWith('in balance')).toBe(true)
    expect(text).not.toContain('NOT in balance')
  })

  test('a line that does not add up is said loudly', () => {
    expect(renderLedger([line({ consumed: 10, counted: 9 })], null)).toContain('NOT in balance')
  })

  test('surpluses and deficits of two lines do not cancel out', () => {
    expect(renderLedger([line({ consumed: 10, counted: 9 }), line({ consumed: 9, counted: 10 })], null)).toContain('NOT in balance')
  })

  test('branches that have not consumed the same of a day are said in words, each balanced in itself', () => {
    const rollup = { ...line({ consumed: 12, counted: 12 }), branch: 'rollup' as const }
    expect(renderLedger([line({ consumed: 10, counted: 10 }), rollup], null)).toContain(
      'in balance\n2026-11-21 main/error-logs/0/3: detail has consumed 10, rollup 12: the branches are at different places, or one has skipped or counted twice\n',
    )
    expect(renderLedger([line({ consumed: 12, counted: 12 }), rollup], null)).not.toContain('different places')
    expect(renderLedger([line({ consumed: 10, counted: 10 }), { ...rollup, day: '2026-11-20' }], null)).not.toContain('different places')
  })

  test('no lines are said in words', () => {
    expect(renderLedger([], null)).toBe('Nothing was consumed in these days.\n')
  })
})
