/**
 * In: a list of normal forms of frames. Out: the list without the traces of recursion, whose depth differs from event to event.
 */

const MAX_CYCLE = 16
/** A stack overflow prints 1,024 frames that begin anywhere in the cycle. */
export const OVERFLOW_FRAMES = 64

/** Removes immediate repeats of blocks of up to 16 frames, then keeps the first occurrence of each frame. */
export function unrolled(frames: readonly string[]): string[] {
  const kept: string[] = []
  for (const frame of frames) {
    kept.push(frame)
    for (let size = 1; size <= MAX_CYCLE; size++) {
      if (!repeatsItself(kept, size)) continue
      kept.length -= size
      break
    }
  }
  return [...new Set(kept)]
}

function repeatsItself(frames: readonly string[], size: number): boolean {
  if (frames.length < 2 * size) return false
  for (let i = frames.length - size; i < frames.length; i++) {
    if (frames[i] !== frames[i - size]) return false
  }
  return true
}

/** The frames that repeat at the top of an overflown stack, in an order that does not depend on where the printing began. */
export function cycleOf(frames: readonly string[]): string[] {
  const seen = new Set<string>()
  const repeated = new Set<string>()
  for (const frame of frames.slice(0, OVERFLOW_FRAMES)) (seen.has(frame) ? repeated : seen).add(frame)
  return [...repeated].sort()
}
