/**
 * What a pure function says of short texts that come again and again, remembered: a look-up instead of the work.
 *
 * Bound: `maxTexts` of at most `maxChars` each; past that all are forgotten, and remembered anew. Longer texts are worked out each time.
 * A text is copied before it is kept: what was cut out of a record would keep the whole record in memory.
 */
export interface RememberedBounds {
  readonly maxTexts: number
  readonly maxChars: number
}

/** `compute` never gives undefined. */
export function remembered<T>(compute: (text: string) => T, { maxTexts, maxChars }: RememberedBounds): (text: string) => T {
  const known = new Map<string, T>()
  return (text) => {
    if (text.length > maxChars) return compute(text)
    let answer = known.get(text)
    if (answer === undefined) {
      const own = Buffer.from(text, 'utf16le').toString('utf16le')
      answer = compute(own)
      if (known.size >= maxTexts) known.clear()
      known.set(own, answer)
    }
    return answer
  }
}
