/** What files are called, for people: an embedded store names them by a hash of their beginning, and remembers their paths. Pure. */
import { basename } from 'node:path'
import type { LogNames } from '../store/embedded/position-reader.ts'

/** What a command opens may know them. */
export interface Named {
  logNames?(): Promise<LogNames>
}

export const NO_NAMES: LogNames = new Map()

/** `app.log (file/1de92f5c6d80eb7e/0/0)` for a contributor of that file; what has no name as it is. */
export function withName(text: string, topic: string, names: LogNames): string {
  const path = names.get(topic)
  return path === undefined ? text : `${basename(path)} (${text})`
}
