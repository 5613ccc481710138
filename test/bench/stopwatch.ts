/**
 * For single calls on a machine that others use, too. Returns how to read it: ms on the clock or of CPU, whichever is less. A call takes no longer than either: on the
 * clock others' work counts with it, and the process's CPU counts what its other threads do meanwhile.
 */
export function stopwatch(): () => number {
  const startedMs = performance.now()
  const started = process.cpuUsage()
  return () => {
    const { user, system } = process.cpuUsage(started)
    return Math.min(performance.now() - startedMs, (user + system) / 1_000)
  }
}
