/**
 * In: a logged throwable. Out: a number by which to look it up, and whether two are the same trace.
 *
 * A map keyed by the text itself hashes every character, which costs more than all the rest of a look-up; so a few hundred sampled
 * characters make the probe, and a full compare, which runs at the speed of memory, makes sure. A collision costs time, never
 * a wrong answer. Suppressed exceptions and file names decide nothing and are not compared.
 */
import type { LoggedThrowable, Throwable } from '../event.ts'

const SAMPLES = 256
/** FNV-1a. */
const SEED = 0x811c9dc5
const PRIME = 0x01000193
/** What a frame of a structured chain holds in memory, in characters. */
const FRAME_WEIGHT = 100
const MAX_CAUSES = 50

export function probeOf(logged: LoggedThrowable): number {
  return logged.form === 'text' ? probeText(logged.text) : probeChain(logged.chain)
}

export function isSameTrace(a: LoggedThrowable, b: LoggedThrowable): boolean {
  if (a.form === 'text') return b.form === 'text' && a.type === b.type && a.message === b.message && a.text === b.text
  return b.form === 'chain' && isSameChain(a.chain, b.chain)
}

/** In characters; a rough bound of memory needs no more. */
export function weightOf(logged: LoggedThrowable): number {
  if (logged.form === 'text') return logged.text.length + 1
  let weight = 1
  for (const at of causesOf(logged.chain)) weight += FRAME_WEIGHT * (1 + at.frames.length) + (at.message?.length ?? 0)
  return weight
}

function probeText(text: string): number {
  const stride = Math.max(1, Math.floor(text.length / SAMPLES))
  let hash = SEED ^ text.length
  for (let i = 0; i < text.length; i += stride) hash = Math.imul(hash ^ text.charCodeAt(i), PRIME)
  return hash
}

function probeChain(chain: Throwable): number {
  let hash = SEED
  for (const at of causesOf(chain)) {
    hash = Math.imul(hash ^ probeText(at.message ?? at.type), PRIME)
    for (const frame of at.frames) hash = Math.imul(hash ^ (frame.line ?? 0) ^ (frame.className.length << 16), PRIME)
  }
  return hash
}

function isSameChain(a: Throwable, b: Throwable): boolean {
  const others = causesOf(b)
  const ones = causesOf(a)
  return ones.length === others.length && ones.every((one, i) => isSameException(one, others[i]!))
}

function isSameException(a: Throwable, b: Throwable): boolean {
  if (a.type !== b.type || a.message !== b.message || a.frames.length !== b.frames.length) return false
  return a.frames.every((frame, i) => {
    const other = b.frames[i]!
    return frame.line === other.line && frame.method === other.method && frame.className === other.className
  })
}

/** As many as the fingerprint looks at; a chain that runs in a circle ends there too. */
function causesOf(chain: Throwable): Throwable[] {
  const causes: Throwable[] = []
  for (let at: Throwable | null = chain; at !== null && causes.length < MAX_CAUSES; at = at.cause) causes.push(at)
  return causes
}
