/**
 * In: the source of a regular expression. Out: an upper bound for the steps that a backtracking engine takes per starting
 * position, or the reason why there is none that we accept.
 *
 * Rules come from users, and one careless pattern stops a stream: `(a+)+$` on a line of forty letters takes minutes. So a quantifier
 * may stand only on a single character or class (or be `?`); then the ways to match are at most the product of what the
 * quantifiers and alternatives offer, and that product is known before the first line is read.
 */

/** What `*` and `+` may repeat at most: the text that a pattern is tried on is cut to this length. */
export const MAX_MATCHED_CHARS = 2_048
/** 4,096 x 2,048 starting positions stays under 10 million steps, a few hundredths of a second, on the worst line. */
export const MAX_STEPS_PER_START = 4_096

type Cost = { readonly steps: number } | { readonly refused: string }

export function regexCost(source: string): Cost {
  let steps = 1
  let at = 0
  let last: 'none' | 'single' | 'group' = 'none'
  while (at < source.length) {
    const quantifier = quantifierAt(source, at)
    if (quantifier !== null) {
      if (last === 'group' && quantifier.max > 1) return { refused: 'a group may be optional, but not repeated' }
      steps *= quantifier.max + 1
      at = quantifier.end
      last = 'none'
      continue
    }
    const char = source[at]!
    if (char === '(' && source[at + 1] === '?' && source[at + 2] !== ':') return { refused: 'of the groups with (? only (?: is taken' }
    if (char === '\\' && /[1-9k]/.test(source[at + 1] ?? '')) return { refused: 'back-references are not taken' }
    if (char === '|') steps += steps
    last = char === ')' ? 'group' : 'single'
    at = atomAt(source, at)
  }
  return { steps }
}

/** The quantifier that begins here, or null. */
export function quantifierAt(source: string, at: number): { min: number; max: number; end: number } | null {
  const found = /^(?:[*+]|\?|\{(\d+)(,?)(\d*)\})\??/.exec(source.slice(at, at + 16))
  if (found === null) return null
  const end = at + found[0].length
  if (source[at] === '?') return { min: 0, max: 1, end }
  if (source[at] !== '{') return { min: source[at] === '+' ? 1 : 0, max: MAX_MATCHED_CHARS - 1, end }
  const [, least, comma, most] = found
  return { min: Number(least), max: comma === '' ? Number(least) : most === '' ? MAX_MATCHED_CHARS - 1 : Number(most), end }
}

/** The end of the atom that begins here: a character, an escape, or a whole class `[...]`; of a group only its bracket. */
export function atomAt(source: string, at: number): number {
  if (source.startsWith('(?:', at)) return at + 3
  if (source[at] === '\\') return at + 2
  if (source[at] !== '[') return at + 1
  let end = at + 1
  while (end < source.length && source[end] !== ']') end += source[end] === '\\' ? 2 : 1
  return end + 1
}
