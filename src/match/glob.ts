/** Patterns that name a whole text, `*` for anything: `orders-*`. Out: whether a text is one that they name. Case counts. Pure; linear in the text. */
import type { Test } from './class-names.ts'

export function globTest(patterns: readonly string[]): Test {
  const tests = patterns.map(testOf)
  return (text) => tests.some((test) => test(text))
}

function testOf(pattern: string): Test {
  const [head = '', ...parts] = pattern.split('*')
  const tail = parts.pop()
  if (tail === undefined) return (text) => text === pattern
  return (text) => {
    if (!text.startsWith(head) || !text.endsWith(tail)) return false
    let at = head.length
    for (const part of parts) {
      // the first place of each leaves the most room for the others
      const found = text.indexOf(part, at)
      if (found < 0) return false
      at = found + part.length
    }
    return at <= text.length - tail.length
  }
}
