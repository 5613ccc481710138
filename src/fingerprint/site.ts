/**
 * In: the kept frames of a chain of exceptions, from the deciding one outwards. Out: the frame where it went wrong, as far as the trace can tell.
 *
 * The first own frame of the deciding exception; where a library threw, the first own frame of the nearest exception around it
 * ("SQLSyntaxError at OrderDao.save"); where nobody's own code is in sight, the first library frame, and the platform's
 * (`String.charAt`, where everybody's errors surface) only where there is no other. Pure; never throws.
 */
import type { Frame } from '../event.ts'
import { onlyThrows, type Owner } from './ownership.ts'
import { cycleOf } from './recursion.ts'

/** A frame that counts. */
export interface KeptFrame {
  readonly frame: Frame
  /** `class#method`. */
  readonly normal: string
  readonly owner: Owner
  /** An operator's rule says that it is nobody's site. */
  readonly skipTop: boolean
}

export function siteOf(outwards: readonly (readonly KeptFrame[])[], isOverflow: boolean): KeptFrame | null {
  const candidates = isOverflow ? [cycleFirst(outwards[0] ?? []), ...outwards.slice(1)] : outwards
  return firstOwnedBy('own', candidates) ?? firstOwnedBy('library', candidates) ?? firstOf(candidates, () => true)
}

function firstOwnedBy(owner: Owner, candidates: readonly (readonly KeptFrame[])[]): KeptFrame | null {
  const isHelper = (kept: KeptFrame) => kept.skipTop || onlyThrows(kept.normal)
  return firstOf(candidates, (kept) => kept.owner === owner && !isHelper(kept)) ?? firstOf(candidates, (kept) => kept.owner === owner)
}

/** An overflown stack begins anywhere in its cycle: the smallest name of the cycle stands for it. */
function cycleFirst(frames: readonly KeptFrame[]): readonly KeptFrame[] {
  const cycle = cycleOf(frames.map((kept) => kept.normal))
  return cycle.length === 0 ? frames : cycle.map((normal) => frames.find((kept) => kept.normal === normal)!)
}

function firstOf(candidates: readonly (readonly KeptFrame[])[], fits: (kept: KeptFrame) => boolean): KeptFrame | null {
  for (const frames of candidates) {
    const found = frames.find(fits)
    if (found !== undefined) return found
  }
  return null
}
