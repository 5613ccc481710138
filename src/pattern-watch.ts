/** Follows the pattern folders of a running program: a good set is swapped in whole; of a wrong one the last good set stays, and the reason is logged, counted and shown. */
import { patternFolders } from './classify/load.ts'
import { watchPatterns } from './classify/reload.ts'
import type { HealthRegistry } from './health.ts'
import type { Logger } from './log.ts'
import type { Metrics } from './metrics.ts'
import type { Rules } from './rules.ts'

/** How often the folders are looked at. */
const LOOK_MS = 2_000

/** Returns how to stop. */
export function followPatterns(rules: Rules, userFolder: string | null, { log, metrics, health }: { log: Logger; metrics: Metrics; health: HealthRegistry }): () => Promise<void> {
  const watch = watchPatterns({
    folders: patternFolders(userFolder),
    inForce: rules.patterns,
    everyMs: LOOK_MS,
    onChange: (set) => {
      rules.usePatterns(set)
      health.set('patterns', true, 'the newest rules are in force')
      log.info({ rules: set.rules.length }, 'pattern rules were read again')
    },
    onError: (error) => {
      metrics.patternErrors.inc()
      health.set('patterns', true, `the last good rules stay in force: ${error.message}`) // no reason to take the process out of service
      log.error(`pattern rules are wrong, the last good ones stay in force: ${error.message}`)
    },
  })
  watch.ended.catch((error: unknown) => log.error({ err: error }, 'pattern rules are not followed any more'))
  return () => watch.stop().catch(() => {}) // told of above
}
