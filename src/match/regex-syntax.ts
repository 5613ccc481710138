/** Regular expressions as people write them into a rule: `/so/`, among words that are meant as they stand. Pure. */
import { messageOf } from '../errors.ts'

/** Of `/expression/`; null for words. */
export function regexSource(entry: string): string | null {
  return entry.length > 2 && entry.startsWith('/') && entry.endsWith('/') ? entry.slice(1, -1) : null
}

/** Why the source is no expression, or null. */
export function regexSyntaxFault(source: string): string | null {
  try {
    RegExp(source, 'i')
    return null
  } catch (error) {
    return `not a regular expression: ${messageOf(error)}`
  }
}
