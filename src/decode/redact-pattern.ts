/**
 * In: the source of a user's regular expression. Out: an upper bound for the characters that it compares from one starting position until it fails,
 * or the reason why it is not taken.
 *
 * Redaction reads whole texts, a stack trace of a quarter of a million characters among them, so what an expression costs must grow with the text
 * and no faster. match/regex-cost.ts reckons for texts that are cut short, and lets a quantifier run to the end; here one may do so only
 * where nothing behind it can fail, since then what it took is not looked at again.
 *
 * A quantifier is cheap where what it repeats cannot be what comes next: of `\d{1,20}-x` there is one way to match, of `.{1,20}-x` there are twenty,
 * and each goes on. The bound is held against a matcher that counts, by test/property/redact-pattern.test.ts.
 */
import { quantifierAt, regexCost } from '../match/regex-cost.ts'
import { regexSyntaxFault } from '../match/regex-syntax.ts'

/** 500 x 32,768 characters of a message stay under 17 million comparisons: some 25 ms on the worst text that there is, as measured on one core of a small machine. */
export const MAX_COMPARISONS_PER_START = 500
const MAX_SOURCE_CHARS = 500

type Chars = ReadonlySet<string>
type Node =
  | { readonly kind: 'chars'; readonly source: string; readonly chars: Chars; readonly min: number; readonly max: number }
  | { readonly kind: 'assertion' }
  | { readonly kind: 'group'; readonly alternatives: readonly Node[][]; readonly isOptional: boolean }

/** All that stands behind a place in the expression. */
interface Rest {
  readonly cost: number
  /** Comparisons until nothing of it has taken a character that it cannot begin with. */
  readonly entry: number
  readonly first: Chars
  /** It matches whatever comes. */
  readonly isSure: boolean
}

export interface PatternCost {
  readonly comparisons: number
  /** It asks what stands beside it: `\b`, `^`, `$`. */
  readonly hasAssertion: boolean
}

const END: Rest = { cost: 0, entry: 0, first: new Set(), isSure: true }
/** Every ASCII character, and one for each kind of the others that a class can tell apart: blank, line end, neither. */
const UNIVERSE = [...Array.from({ length: 128 }, (_, i) => String.fromCharCode(i)), '\u00a0', '\u2028', '\u00e9'].join('')
const ALL: Chars = new Set(UNIVERSE)
/** What of a source names other characters than it shows. */
const BEYOND_ASCII = /[^\0-\x7f]|\\[xuc]/
const ASSERTION = /^(?:\^|\$|\\[bB])$/
const ATOM = /\\x[0-9A-Fa-f]{2}|\\u[0-9A-Fa-f]{4}|\\c[A-Za-z]|\\[^]|\[(?:\\[^]|[^\]\\])*\]|\(\?:|[^]/y

/** Why the source cannot be taken, or null. */
export function faultOfPattern(source: string): string | null {
  if (source.length > MAX_SOURCE_CHARS) return `expected at most ${MAX_SOURCE_CHARS} characters`
  const syntax = regexSyntaxFault(source)
  if (syntax !== null) return syntax
  const cost = patternCost(source)
  if ('refused' in cost) return cost.refused
  if (cost.comparisons > MAX_COMPARISONS_PER_START) {
    return `may take ${cost.comparisons} comparisons per position, at most ${MAX_COMPARISONS_PER_START} are taken; bound its quantifiers more tightly, or let none stand before what it matches itself`
  }
  return matchesNothing(source) ? 'matches where there is no text' : null
}

/** Of a source that is valid. */
export function patternCost(source: string): PatternCost | { readonly refused: string } {
  const shape = regexCost(source)
  if ('refused' in shape) return { refused: `${shape.refused}, because matching could take too long` }
  if (/(?:^|[^\\])(?:\\\\)*\\p/i.test(source)) return { refused: '\\p is not taken; name the characters, as in [a-z\u00e4\u00f6\u00fc]' }
  const parser = new Parser(source)
  const alternatives = parser.alternatives()
  const { cost } = restOfGroup(alternatives, false, END)
  const open = runsOn(alternatives, true)
  if (open !== null)
    return {
      refused: `${open} may run through the whole text, and what follows then fail; bound it, as in \\w{1,80}, or let it end the expression`,
    }
  return { comparisons: cost, hasAssertion: parser.hasAssertion }
}

/** Reads a valid source once, from the left. */
class Parser {
  readonly #source: string
  #at = 0
  hasAssertion = false

  constructor(source: string) {
    this.#source = source
  }

  /** Up to the bracket that closes the group, or the end. */
  alternatives(): Node[][] {
    const found: Node[][] = [[]]
    while (this.#at < this.#source.length) {
      const atom = this.#atom()
      if (atom === ')') break
      if (atom === '|') found.push([])
      else found.at(-1)?.push(this.#node(atom))
    }
    return found
  }

  #atom(): string {
    ATOM.lastIndex = this.#at
    const atom = ATOM.exec(this.#source)?.[0] ?? ''
    this.#at += atom.length
    return atom
  }

  #node(atom: string): Node {
    if (ASSERTION.test(atom)) {
      this.hasAssertion = true
      return { kind: 'assertion' }
    }
    const from = this.#at - atom.length
    const alternatives = atom === '(' || atom === '(?:' ? this.alternatives() : null
    const { min, max } = this.#quantifier()
    if (alternatives !== null) return { kind: 'group', alternatives, isOptional: min === 0 }
    return { kind: 'chars', source: this.#source.slice(from, this.#at), chars: charsOf(atom), min, max }
  }

  #quantifier(): { min: number; max: number } {
    const found = quantifierAt(this.#source, this.#at)
    if (found === null) return { min: 1, max: 1 }
    const isOpen = /^(?:[*+]|\{\d+,\})/.test(this.#source.slice(this.#at, found.end))
    this.#at = found.end
    return { min: found.min, max: isOpen ? Infinity : found.max }
  }
}

/** What this does not understand may be any character. */
function charsOf(atom: string): Chars {
  const found = BEYOND_ASCII.test(atom) ? null : UNIVERSE.match(new RegExp(atom, 'gi'))
  return found === null ? ALL : new Set(found)
}

function restOfGroup(alternatives: readonly Node[][], isOptional: boolean, after: Rest): Rest {
  const rests = alternatives.map((nodes) => nodes.reduceRight(restOf, after))
  const all = isOptional ? [...rests, after] : rests
  return {
    cost: sum(all.map(({ cost }) => cost)),
    entry: sum(all.map(({ entry }) => entry)),
    first: new Set(all.flatMap(({ first }) => [...first])),
    isSure: all.some(({ isSure }) => isSure),
  }
}

function restOf(after: Rest, node: Node): Rest {
  if (node.kind === 'assertion') return { ...after, isSure: false }
  if (node.kind === 'group') return restOfGroup(node.alternatives, node.isOptional, after)
  const { chars, min, max } = node
  const isSkippable = min === 0
  return {
    cost: costOfChars(chars, min, max, after),
    entry: 1 + (isSkippable ? after.entry : 0),
    first: isSkippable ? new Set([...chars, ...after.first]) : chars,
    isSure: isSkippable && after.isSure,
  }
}

/** Taking the characters, and then what is behind, once for each number of characters with which that may begin. */
function costOfChars(chars: Chars, min: number, max: number, after: Rest): number {
  if (max === Infinity) return min + 1 + after.cost // what it takes beyond is matched, and not looked at again
  if (after.isSure || min === max) return max + after.cost
  const isOneWay = ![...chars].some((char) => after.first.has(char))
  return max + (isOneWay ? (max - min) * after.entry + after.cost : (max - min + 1) * after.cost)
}

/** The first quantifier without a bound behind which something may fail, or null. */
function runsOn(alternatives: readonly Node[][], isLast: boolean): string | null {
  for (const nodes of alternatives) {
    let isSure = isLast
    for (const node of nodes.toReversed()) {
      const found =
        node.kind === 'group'
          ? runsOn(node.alternatives, isSure)
          : node.kind === 'chars' && node.max === Infinity && !isSure
            ? node.source
            : null
      if (found !== null) return found
      isSure &&= node.kind === 'chars' ? node.min === 0 : node.kind === 'group' && node.isOptional
    }
  }
  return null
}

/** An assertion alone is no text, and what it stands beside is not meant. */
function matchesNothing(source: string): boolean {
  const regex = RegExp(source, 'i')
  return ['', 'a', ' ', 'a ', ' a', '1'].some((text) => regex.exec(text)?.[0] === '')
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, n) => total + n, 0)
}
