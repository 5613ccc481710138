/**
 * In: the source of an accepted regular expression (see regex-cost.ts). Out: words of which every matching text holds one, for each
 * alternative its longest: `heartbeat of .{0,9} (?:timed|ran) out` gives `heartbeat of `. Null where there are none.
 *
 * Only plain characters outside of groups are counted on, so what is missed costs time, never a match. Pure; linear.
 */
import { atomAt, quantifierAt } from './regex-cost.ts'

/** Shorter words stand in nearly every text. */
export const MIN_NEEDLE_CHARS = 3

const PLAIN = /^[\w ,:;'"@#%&=<>!~`/-]$/
const ESCAPED_PLAIN = /^\\[^A-Za-z0-9]$/

export function needlesOfRegex(source: string): string[] | null {
  const needles: string[] = []
  for (const runs of runsOfAlternatives(source)) {
    const longest = runs.reduce((best, run) => (run.length > best.length ? run : best), '')
    if (longest.length < MIN_NEEDLE_CHARS) return null
    needles.push(longest.toLowerCase())
  }
  return needles
}

/** Of each alternative the words that must stand in it. */
function runsOfAlternatives(source: string): string[][] {
  const alternatives: string[][] = [['']]
  let depth = 0
  for (let at = 0; at < source.length;) {
    const end = atomAt(source, at)
    const atom = source.slice(at, end)
    const quantifier = quantifierAt(source, end)
    if (depth === 0 && atom === '|') alternatives.push([''])
    else read(alternatives.at(-1) ?? [], depth === 0 ? plainChar(atom) : null, quantifier)
    if (atom[0] === '(') depth++
    if (atom === ')') depth--
    at = quantifier?.end ?? end
  }
  return alternatives
}

/** Adds a character to the last word, or ends the word. */
function read(runs: string[], char: string | null, quantifier: { min: number; max: number } | null): void {
  const last = runs.length - 1
  if (char !== null && (quantifier === null || quantifier.min > 0)) runs[last] += char
  if (char === null || quantifier !== null) runs.push('')
}

function plainChar(atom: string): string | null {
  if (PLAIN.test(atom)) return atom
  return ESCAPED_PLAIN.test(atom) ? atom.slice(1) : null
}
