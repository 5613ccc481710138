/**
 * Nearly-JSON -> JSON, for what loggers really get wrong: `NaN` and other words that are no literals (-> null), line breaks and control
 * characters inside strings, escapes that JSON does not know, a comma before a closing bracket. One forward pass; the result need not parse.
 */

/** What ends a run of good characters: the quote, an escape, a control character (below the blank). */
const STRING_STOPS = /["\\]|[^ -\uffff]/g
/** A number or a word. */
const WORD = /[-+\w$][\w$.+-]*/y
const WORDS: ReadonlySet<string> = new Set(['true', 'false', 'null'])
const COMMA_BEFORE_CLOSER = /,\s*(?=[}\]])/y

export function repairJson(text: string): string {
  const parts: string[] = []
  let from = 0
  for (let i = 0; i < text.length;) {
    const code = text.charCodeAt(i)
    if (code === 0x22) {
      parts.push(text.slice(from, i))
      i = repairString(text, i, parts)
      from = i
      continue
    }
    const fix = fixAt(text, i, code)
    if (fix === null) {
      i++
      continue
    }
    parts.push(text.slice(from, i), fix.by)
    i = fix.end
    from = i
  }
  parts.push(text.slice(from))
  return parts.join('')
}

/** What stands for the token at `i`, if it is one of those that JSON does not have. */
function fixAt(text: string, i: number, code: number): { by: string; end: number } | null {
  if (code === 0x2c) {
    COMMA_BEFORE_CLOSER.lastIndex = i
    return COMMA_BEFORE_CLOSER.test(text) ? { by: '', end: COMMA_BEFORE_CLOSER.lastIndex } : null
  }
  WORD.lastIndex = i
  const word = WORD.exec(text)?.[0]
  if (word === undefined) return null
  const isLiteral = WORDS.has(word) || /^-?\d/.test(word)
  return { by: isLiteral ? word : 'null', end: i + word.length }
}

/** Copies the string at `start` with its faults escaped; returns the index after it. */
function repairString(text: string, start: number, parts: string[]): number {
  let from = start
  STRING_STOPS.lastIndex = start + 1
  for (let stop = STRING_STOPS.exec(text); stop !== null; stop = STRING_STOPS.exec(text)) {
    const i = stop.index
    if (stop[0] === '"') {
      parts.push(text.slice(from, i + 1))
      return i + 1
    }
    if (stop[0] === '\\') {
      if (isEscape(text, i + 1)) {
        STRING_STOPS.lastIndex = i + 2
        continue
      }
      parts.push(text.slice(from, i), '\\\\')
    } else parts.push(text.slice(from, i), `\\u${text.charCodeAt(i).toString(16).padStart(4, '0')}`)
    from = i + 1
  }
  parts.push(text.slice(from))
  return text.length
}

function isEscape(text: string, at: number): boolean {
  const letter = text.charAt(at)
  if (letter === 'u') return /^[0-9a-fA-F]{4}$/.test(text.slice(at + 1, at + 5))
  return letter !== '' && '"\\/bfnrt'.includes(letter)
}
