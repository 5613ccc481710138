/**
 * In: the class and logger names of a rule. Out: a test, and the parts of names by which the rule can be looked up.
 *
 * `ConnectException` is any class of that name, `java.net.ConnectException` one of that package, `org.apache.kafka.*` all below. A copy that was
 * moved into another package is meant, too: `org.apache.flink.kafka.shaded.org.apache.kafka.common.errors.TimeoutException`.
 * Where a log may abbreviate packages, `j.n.ConnectException` is `java.net.ConnectException`, too: the initials agree, and the simple name is equal.
 * Invariant: a name that passes the test has one of the parts between its dots, where there are any. Pure; linear in the name.
 */

/** A test of one string. */
export type Test = (text: string) => boolean

const HAS_INITIAL = /(?:^|\.)\p{L}\./u
const MIN_INITIALS = 3

export interface Names {
  readonly test: Test
  /** `ConnectException`, or `errors` of `org.apache.kafka.common.errors.*`. Null: nothing certain, as of `*Exception`. */
  readonly parts: readonly string[] | null
}

export function namesOf(patterns: readonly string[]): Names {
  const tests = patterns.map(nameTest)
  const parts = patterns.map(surePart)
  return { test: (text) => tests.some((test) => test(text)), parts: parts.includes('') ? null : [...new Set(parts)] }
}

/** As `namesOf`, of a log in which packages may be abbreviated (Logback's `shortenedClassNameLength`). */
export function abbreviatedNamesOf(patterns: readonly string[]): Names {
  const { test, parts } = namesOf(patterns)
  const tests = patterns.filter(saysEnough).map(abbreviatedTest)
  return {
    test: (text) => test(text) || (HAS_INITIAL.test(text) && tests.some((one) => one(text))),
    parts: parts === null ? null : [...new Set([...parts, ...patterns.filter(hasStar).map((pattern) => surePart(pattern).charAt(0))])],
  }
}

export function partsOf(name: string): string[] {
  return name.split('.')
}

/** Two initials and a star stand for half of all packages. */
function saysEnough(pattern: string): boolean {
  return pattern.includes('.') && !(pattern.endsWith('.*') && partsOf(pattern).length <= MIN_INITIALS)
}

function abbreviatedTest(pattern: string): Test {
  const test = nameTest(pattern)
  const parts = partsOf(pattern)
  const sure = hasStar(pattern) ? parts.findIndex(hasStar) : parts.length - 1
  return (text) => {
    const given = partsOf(text)
    const shift = hasStar(pattern) ? 0 : given.length - parts.length // without a star it is the end of the name that counts
    return shift >= 0 && test(given.map((part, i) => spelledOut(part, i - shift < sure ? parts[i - shift] : undefined)).join('.'))
  }
}

function spelledOut(part: string, meant: string | undefined): string {
  return meant !== undefined && part.length === 1 && meant.startsWith(part) ? meant : part
}

function hasStar(pattern: string): boolean {
  return pattern.includes('*')
}

/** A whole part of every name that is meant: the last one, or with a star the one next to it; empty where there is none. */
function surePart(pattern: string): string {
  if (!pattern.includes('*')) return partsOf(pattern).at(-1) ?? ''
  const head = partsOf(pattern.slice(0, pattern.indexOf('*')))
  const tail = partsOf(pattern.slice(pattern.lastIndexOf('*') + 1))
  return head.at(-2) ?? (tail.length > 1 ? (tail.at(-1) ?? '') : '')
}

function nameTest(pattern: string): Test {
  if (pattern.includes('*')) return starredNameTest(pattern)
  return (text) => text.endsWith(pattern) && (text.length === pattern.length || text[text.length - pattern.length - 1] === '.')
}

/** Unlike a glob over a whole text, it may begin behind any dot. */
function starredNameTest(pattern: string): Test {
  const [head = '', ...parts] = pattern.split('*')
  const tail = parts.pop() ?? ''
  return (text) => {
    let at = endOfHead(text, head)
    if (at < 0 || !text.endsWith(tail)) return false
    for (const part of parts) {
      const found = text.indexOf(part, at)
      if (found < 0) return false
      at = found + part.length
    }
    return at <= text.length - tail.length
  }
}

/** Where the text goes on behind `head`, which stands at its start or behind a dot; -1 if it does not. */
function endOfHead(text: string, head: string): number {
  if (text.startsWith(head)) return head.length
  const found = text.indexOf(`.${head}`)
  return found < 0 ? -1 : found + 1 + head.length
}
