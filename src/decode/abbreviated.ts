/**
 * In: a printed trace that abbreviates packages (`j.n.ConnectException`, Logback's `shortenedClassNameLength`), and the full name that a field of its
 * own gives. Out: the trace with that name in full wherever its abbreviation stands; the same text where none does. Pure; linear in the trace.
 */

const CLASS_NAME = /^(?:[\p{L}_$][\p{L}\p{N}_$]*\.){1,20}[\p{L}_$][\p{L}\p{N}_$]*$/u
const MAX_NAME_CHARS = 512

export function spellOut(trace: string, name: string): string {
  if (name.length > MAX_NAME_CHARS || !CLASS_NAME.test(name)) return trace
  const parts = name.split('.')
  const simple = parts.at(-1) ?? ''
  if (!trace.includes(`.${simple}`) || trace.includes(name)) return trace
  const packages = parts.slice(0, -1).map((part) => `(?:${literal(part)}|${literal(part.charAt(0))})\\.`)
  const abbreviation = new RegExp(`(?<![\\p{L}\\p{N}_$.])${packages.join('')}${literal(simple)}(?![\\p{L}\\p{N}_$.])`, 'gu')
  return trace.replace(abbreviation, () => name)
}

/** A name has no other character that means something in an expression. */
function literal(part: string): string {
  return part.replaceAll('$', String.raw`\$`)
}
