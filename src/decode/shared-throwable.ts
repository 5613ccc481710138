/**
 * Throwable objects that many events hold, since their traces came byte for byte again: what a stage finds out about one of them is worth
 * keeping beside it (in a WeakMap), while of all others it would only cost. A mark and no more: nothing may depend on it but time.
 */
import type { LoggedThrowable } from '../event.ts'

const shared = new WeakSet<LoggedThrowable>()

export function share(throwable: LoggedThrowable): void {
  shared.add(throwable)
}

export function isShared(throwable: LoggedThrowable): boolean {
  return shared.has(throwable)
}
