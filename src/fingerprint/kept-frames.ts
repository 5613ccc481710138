/**
 * In: the frames of an exception. Out: those that count, with their normal form and their owner, as the operator's rules say.
 *
 * What a `border_up` frame called, and what called a `border_down` frame, does not count; the frame itself does. Pure; never throws.
 */
import type { Frame } from '../event.ts'
import { normaliseFrame } from './frames.ts'
import type { FrameOverride } from './override-file.ts'
import type { Ownership } from './ownership.ts'
import type { KeptFrame } from './site.ts'

export function keptFrames(
  frames: readonly Frame[],
  ownership: Ownership,
  ruleOf: (normal: string) => FrameOverride | null,
  cited: Set<string>,
): KeptFrame[] {
  const kept: KeptFrame[] = []
  for (const frame of frames) {
    const normal = normaliseFrame(frame)
    if (normal === null) continue
    const rule = ruleOf(normal)
    if (rule !== null) cited.add(rule.id)
    if (rule?.as === 'drop') continue
    if (rule?.as === 'border_up') kept.length = 0
    const owner = rule?.as === 'own' || rule?.as === 'library' ? rule.as : ownership.ownerOf(frame.className)
    kept.push({ frame, normal, owner, skipTop: rule?.as === 'skip_top' })
    if (rule?.as === 'border_down') break
  }
  return kept
}
