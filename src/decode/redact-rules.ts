/**
 * A user's patterns over a text: what any of them matches becomes its placeholder, `[redacted:<id>]`.
 *
 *   text      call EMP-12, password=EMP-34x                  all rules look at the text as it came
 *   marked    call zqxq..., password=zqxq...x                what they match becomes a stand-in, a word like any other
 *   built in  call zqxq..., password=[redacted:secret]       so that no rule hides from the built-in ones what is theirs
 *   result    call [redacted:employee], password=[redacted:secret]
 *
 * Invariant: redacting twice changes nothing more, if that holds for the built-in rules. A placeholder that stands in the text is a wall: no match
 * reaches into it, and one whose expression asks what stands beside it (`\b`, `^`, `$`) does not even touch it, since there it would find
 * what was not there the first time. Any other match between two walls was there before the walls were, and so is gone.
 * Pure; the time grows with the text (redact-pattern.ts).
 */
import { patternCost } from './redact-pattern.ts'

export interface RedactionPattern {
  /** Accepted by `faultOfPattern`. */
  readonly pattern: string
  readonly placeholder: string
}

type Redact = (text: string) => string

const OPENING = '[redacted:'
const PLACEHOLDER = /\[redacted:[a-z][a-z0-9-]*\]/g
/** Begins every stand-in; no word of the built-in patterns. It is made longer than any in the text. */
const STAND_IN = 'zqx'
/** Numbers 16 million stand-ins of one text, in letters that the word has none of. */
const CODE_CHARS = 6
const CODE_LETTERS = 'abcdefghijklmnop'

interface Compiled {
  readonly placeholder: string
  /** By what must not be touched: nothing, the beginning, the end, both. */
  readonly regexes: readonly RegExp[]
}

interface Hit {
  readonly from: number
  readonly to: number
  readonly placeholder: string
}

/** The placeholders that `builtIn` makes must not be among those of the rules. */
export function createRuleRedactor(
  rules: readonly RedactionPattern[],
  builtInPlaceholders: ReadonlySet<string>,
): (text: string, builtIn: Redact) => string {
  const compiled = rules.map(compile)
  return (text, builtIn) => {
    const walls = wallsOf(text)
    const found = compiled.flatMap((rule) => hitsOf(rule, text, walls))
    const ours = walls.filter(({ placeholder }) => !builtInPlaceholders.has(placeholder))
    return found.length + ours.length === 0 ? builtIn(text) : withStandIns(text, merged([...found, ...ours]), builtIn)
  }
}

function compile({ pattern, placeholder }: RedactionPattern): Compiled {
  const cost = patternCost(pattern)
  const asksBeside = 'refused' in cost || cost.hasAssertion
  const sources = asksBeside
    ? [pattern, `(?!^)(?:${pattern})`, `(?:${pattern})(?!$)`, `(?!^)(?:${pattern})(?!$)`]
    : [pattern, pattern, pattern, pattern]
  return { placeholder, regexes: sources.map((source) => new RegExp(source, 'gi')) }
}

function wallsOf(text: string): Hit[] {
  if (!text.includes(OPENING)) return []
  return [...text.matchAll(PLACEHOLDER)].map(({ 0: placeholder, index }) => ({ from: index, to: index + placeholder.length, placeholder }))
}

function hitsOf(rule: Compiled, text: string, walls: readonly Hit[]): Hit[] {
  const hits: Hit[] = []
  let from = 0
  for (const { from: to, to: next } of [...walls, { from: text.length, to: text.length }]) {
    if (to > from) addHits(rule, text, from, to, hits)
    from = next
  }
  return hits
}

/** Of the text between two walls. */
function addHits({ placeholder, regexes }: Compiled, text: string, from: number, to: number, hits: Hit[]): void {
  const regex = regexes[(from > 0 ? 1 : 0) + (to < text.length ? 2 : 0)]!
  const part = from === 0 && to === text.length ? text : text.slice(from, to)
  regex.lastIndex = 0
  for (let match = regex.exec(part); match !== null; match = regex.exec(part)) {
    const end = match.index + match[0].length
    if (end === match.index)
      regex.lastIndex++ // refused where it was read; without this it would never end
    else
      hits.push({
        from: from + match.index - Number(splitsPair(part, match.index)),
        to: from + end + Number(splitsPair(part, end)),
        placeholder,
      })
  }
}

/** Between the halves of a surrogate pair, of which one alone is no text: a match takes both. */
function splitsPair(text: string, at: number): boolean {
  return isLow(text.charCodeAt(at)) && isHigh(text.charCodeAt(at - 1))
}

function isHigh(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff
}

function isLow(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff
}

/** In order; what overlaps becomes one, named by what begins first, and of those by the first rule. */
function merged(hits: readonly Hit[]): Hit[] {
  const result: Hit[] = []
  for (const hit of [...hits].sort((a, b) => a.from - b.from)) {
    const last = result.at(-1)
    if (last === undefined || hit.from >= last.to) result.push(hit)
    else if (hit.to > last.to) result[result.length - 1] = { ...last, to: hit.to }
  }
  return result
}

function withStandIns(text: string, hits: readonly Hit[], builtIn: Redact): string {
  const word = standInFor(text)
  const parts: string[] = []
  let at = 0
  hits.forEach(({ from, to }, i) => {
    parts.push(text.slice(at, from), word, codeOf(i), word)
    at = to
  })
  const clean = builtIn(parts.join('') + text.slice(at))
  return clean.replaceAll(
    new RegExp(`${word}([${CODE_LETTERS}]{${CODE_CHARS}})${word}`, 'g'),
    (_, code: string) => hits[numberOf(code)]?.placeholder ?? '',
  )
}

/** Longer than any in the text, so that what is found afterwards was put there. */
function standInFor(text: string): string {
  let longest = 0
  if (text.includes(STAND_IN)) for (const [found] of text.matchAll(/zqx(q*)/g)) longest = Math.max(longest, found.length)
  return STAND_IN.padEnd(Math.max(STAND_IN.length, longest) + 1, 'q')
}

function codeOf(i: number): string {
  let code = ''
  for (let rest = i, n = 0; n < CODE_CHARS; n++, rest = Math.floor(rest / CODE_LETTERS.length))
    code += CODE_LETTERS[rest % CODE_LETTERS.length]
  return code
}

function numberOf(code: string): number {
  return [...code].reduceRight((number, letter) => number * CODE_LETTERS.length + CODE_LETTERS.indexOf(letter), 0)
}
