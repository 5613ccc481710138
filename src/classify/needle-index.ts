/**
 * In: needles, each with an owner. Out: for a text, the owners of the needles that it holds, by one pass over the text, however many
 * needles there are.
 *
 * A needle is filed under its first three characters. At each position of the text these are known from a running hash; only
 * where a needle begins with the like is it compared. Plain version: `needles.filter(n => text.includes(n))`, whose cost grows
 * with every rule (see test/bench/patterns.ts). Pure.
 */
import { MIN_NEEDLE_CHARS } from '../match/needles-of-regex.ts'

interface Filed {
  readonly needle: string
  readonly owner: number
}

/** A few hundred needles fill a twentieth of it. */
const SLOTS = 8_192

/** Both texts and needles in lower case. Calls `found` with an owner for each place where one of its needles stands. */
export function createNeedleIndex(
  needles: Iterable<readonly [needle: string, owner: number]>,
): (text: string, found: (owner: number) => void) => void {
  const slots: (Filed[] | undefined)[] = Array.from({ length: SLOTS })
  for (const [needle, owner] of needles) {
    const slot = slotOf(needle.charCodeAt(0), needle.charCodeAt(1), needle.charCodeAt(2))
    slots[slot] = [...(slots[slot] ?? []), { needle, owner }]
  }
  return (text, found) => {
    let [first, second] = [text.charCodeAt(0), text.charCodeAt(1)]
    for (let at = 0; at + MIN_NEEDLE_CHARS <= text.length; at++) {
      const third = text.charCodeAt(at + 2)
      const filed = slots[slotOf(first, second, third)]
      if (filed !== undefined) for (const { needle, owner } of filed) if (text.startsWith(needle, at)) found(owner)
      first = second
      second = third
    }
  }
}

function slotOf(first: number, second: number, third: number): number {
  return ((first << 8) ^ (second << 4) ^ third) & (SLOTS - 1)
}
