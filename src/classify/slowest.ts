/** In: rules. Out: the one that takes longest on a line made to be slow for it, and how long, in microseconds: for people, not for a decision. */
import { hostileLines } from './hostile.ts'
import type { PatternRule } from './rule.ts'

export function slowest(rules: readonly PatternRule[]): { rule: string; micros: number } {
  let worst = { rule: '(none)', micros: 0 }
  for (const rule of rules) {
    for (const line of hostileLines(rule)) {
      const micros = measured(() => rule.message?.test(line))
      if (micros > worst.micros) worst = { rule: rule.id, micros }
    }
  }
  return worst
}

/** The best of three: the first run also compiles the expression. */
function measured(run: () => unknown): number {
  let best = Infinity
  for (let i = 0; i < 3; i++) {
    const start = performance.now()
    run()
    best = Math.min(best, (performance.now() - start) * 1_000)
  }
  return best
}
