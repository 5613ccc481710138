/**
 * How deep in objects and arrays a JSON text is after some of its bytes, which may come in parts. Not a parser: it tells a whole
 * object from one that goes on in the next line, or one that was cut.
 */

const QUOTE = 34
const BACKSLASH = 92

export interface JsonDepth {
  depth: number
  inString: boolean
}

/** Carries the state over one more line. An escape never spans lines, for no line end may stand in a string. */
export function scan(state: JsonDepth, line: Buffer): void {
  for (let i = 0; i < line.length; i++) {
    const byte = line[i]
    if (state.inString) {
      if (byte === BACKSLASH) i++
      else if (byte === QUOTE) state.inString = false
    } else if (byte === QUOTE) state.inString = true
    else state.depth += step(byte)
  }
}

/** `{` 123, `}` 125, `[` 91, `]` 93: with the bit of 32 set, opening and closing are one pair. */
function step(byte: number | undefined): number {
  const folded = (byte ?? 0) | 32
  if (folded === 123) return 1
  return folded === 125 ? -1 : 0
}
