/** The account of what became of every consumed event, with the imbalance of each line and in total. Reads only. */
import { imbalance, isBalanced, type LedgerCounts, type LedgerTotal } from '../../store/ledger.ts'
import type { ApiDeps, ZodApp } from '../deps.ts'
import { ProblemError } from '../problems.ts'
import { daysOf } from '../range.ts'
import { answering, ledgerAnswer, ledgerQuery } from '../schemas.ts'

export function ledgerRoutes(app: ZodApp, deps: ApiDeps): void {
  const schema = {
    tags: ['operations'],
    summary: 'What became of every event',
    querystring: ledgerQuery,
    response: answering(ledgerAnswer),
  }
  app.get('/ledger', { schema }, async ({ query }) => {
    if (deps.ledger === null) throw new ProblemError('not_here', 'This process has no ledger to read.')
    const days = daysOf(query, deps.now())
    return { ...days, ...accountOf(await deps.ledger.ledger(days)) }
  })
}

function accountOf(totals: readonly LedgerTotal[]) {
  const lines = totals.map(({ branch, contributor, day, counts }) => ({ branch, contributor, day, ...columnsOf(counts) }))
  return {
    balanced: lines.every(({ counts }) => isBalanced(counts)),
    imbalance: lines.reduce((sum, line) => sum + line.imbalance, 0),
    totals: branchTotals(totals),
    lines,
  }
}

function branchTotals(totals: readonly LedgerTotal[]) {
  const branches = new Map<LedgerTotal['branch'], Record<string, number>>()
  for (const { branch, counts } of totals) {
    const sum = branches.get(branch) ?? {}
    for (const [name, n] of Object.entries(counts)) sum[name] = (sum[name] ?? 0) + n
    branches.set(branch, sum)
  }
  return [...branches].map(([branch, counts]) => ({ branch, ...columnsOf(counts) }))
}

function columnsOf(counts: LedgerCounts) {
  return {
    consumed: counts['consumed'] ?? 0,
    counted: counts['counted'] ?? 0,
    filtered: sumOf(counts, 'filtered.'),
    dead: sumOf(counts, 'dead.'),
    expired: counts['expired'] ?? 0,
    skipped: counts['skipped'] ?? 0,
    imbalance: imbalance(counts),
    counts: { ...counts },
  }
}

function sumOf(counts: LedgerCounts, prefix: string): number {
  return Object.entries(counts).reduce((sum, [name, n]) => (name.startsWith(prefix) ? sum + n : sum), 0)
}
