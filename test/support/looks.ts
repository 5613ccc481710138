/** Lets a watch look at its files when a test says so, and not when a clock does. */
export interface Looks {
  /** For the watch: resolves when `next` lets it, or when the signal aborts. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>
  /** Lets one wait end; resolves when the watch waits again: the look between has been taken. */
  readonly next: (times?: number) => Promise<void>
}

export function looksByHand(): Looks {
  let release: () => void = () => {}
  let arrived: () => void = () => {}
  const wait = (_ms: number, signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      release = () => {
        signal.removeEventListener('abort', release)
        resolve()
      }
      signal.addEventListener('abort', release)
      arrived()
    })
  const one = (): Promise<void> =>
    new Promise((resolve) => {
      arrived = resolve
      release()
    })
  const next = async (times = 1): Promise<void> => {
    for (let i = 0; i < times; i++) await one()
  }
  return { wait, next }
}
