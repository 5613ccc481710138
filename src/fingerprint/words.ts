/** What a grouping tells people: the place, and which rules decided. Pure; never throws. */
import type { Frame } from '../event.ts'

const PLACES = {
  own: 'first own frame',
  library: 'no own frame, first library frame',
  platform: 'no own or library frame, first frame of the platform',
} as const

/** The frame where it went wrong. */
export interface Place {
  readonly frame: Frame
  /** `class#method`. */
  readonly normal: string
  readonly owner: keyof typeof PLACES
}

/** What decided, where a throwable did. */
export interface Decision {
  readonly type: string
  /** The trace is cut, and another exception than the root decides. */
  readonly isRootLost: boolean
  /** Null where no frame is left. */
  readonly site: Place | null
  /** The type alone decides. */
  readonly byType: boolean
  /** Wrappers that an operator's rule keeps in the key. */
  readonly keptWrappers: readonly string[]
  /** Masked; empty where it does not count. */
  readonly message: string
}

/** `Orders.handle:42`, `job.py.total:12`. */
export function culpritOf({ frame }: Place): string {
  const line = frame.line !== null && frame.line > 0 ? `:${frame.line}` : ''
  return `${shortName(frame.className)}.${frame.method}${line}`
}

/** Of Python the file is all there is. */
function shortName(className: string): string {
  return className.endsWith('.py')
    ? className.slice(Math.max(className.lastIndexOf('/'), className.lastIndexOf('\\')) + 1)
    : className.slice(className.lastIndexOf('.') + 1)
}

export function explain({ type, isRootLost, site, byType, keptWrappers, message }: Decision): string {
  const who = `${isRootLost ? 'outermost exception (the trace is cut)' : 'root cause'} ${type}`
  const within = keptWrappers.length === 0 ? '' : `; within ${keptWrappers.join(', ')}`
  return `${who}${within}; ${explainPlace(site, byType)}; ${message === '' ? 'message does not count' : 'masked message'}`
}

/** Operator's rules are cited by id, so that whoever asks why finds the line. */
export function citing(why: string, rules: Iterable<string>): string {
  const ids = [...rules]
  return ids.length === 0 ? why : `${why}; rule ${ids.join(', ')}`
}

/** The ids that `citing` put into a reason. */
export function citedIn(why: string): string[] {
  return [...why.matchAll(/; rule ([a-z0-9-]+(?:, [a-z0-9-]+)*)/g)].flatMap(([, ids = '']) => ids.split(', '))
}

function explainPlace(site: Place | null, byType: boolean): string {
  if (byType) return 'no site: trouble of the surroundings'
  if (site === null) return 'no frames: the logger stands in'
  const lambda = site.normal.includes('lambda$') ? ' (lambdas of one method count as one)' : ''
  return `${PLACES[site.owner]} ${site.normal}${lambda}`
}
