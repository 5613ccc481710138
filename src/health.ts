/**
 * Health: what the parts of this process say about themselves, for `/readyz`. Parts report by name; the newest report counts.
 *
 * Ready means: at least one part has reported and none is unwell. A neighbour that is away makes us not ready, never dead,
 * because a restart would not bring it back: that the process is alive is said by its answering at all, and nobody reports it.
 */
export interface HealthCheck {
  readonly name: string
  readonly ok: boolean
  /** One sentence for the person who reads it: what is well, or what is away and since when. */
  readonly detail: string
}

export interface Readiness {
  readonly ready: boolean
  readonly checks: readonly HealthCheck[]
}

/** Something that was not well, and when it was first said in these words. */
export interface Trouble {
  readonly atMs: number
  readonly name: string
  readonly detail: string
}

export interface Health {
  /** The newest troubles, whether they are over or not; newest first. */
  troubles(): readonly Trouble[]
  ready(): Readiness
}

export interface HealthRegistry extends Health {
  set(name: string, ok: boolean, detail: string): void
}

const NOTHING_YET: Readiness = { ready: false, checks: [{ name: 'start', ok: false, detail: 'Starting; nothing has reported yet.' }] }

const KEPT_TROUBLES = 20

export function createHealth(now: () => number = Date.now): HealthRegistry {
  const checks = new Map<string, HealthCheck>()
  let troubles: readonly Trouble[] = []
  return {
    set: (name, ok, detail) => {
      const before = checks.get(name)
      checks.set(name, { name, ok, detail })
      const isNew = before === undefined || before.ok || before.detail !== detail
      if (!ok && isNew) troubles = [{ atMs: now(), name, detail }, ...troubles].slice(0, KEPT_TROUBLES)
    },
    troubles: () => troubles,
    ready: () => (checks.size === 0 ? NOTHING_YET : readinessOf([...checks.values()])),
  }
}

function readinessOf(checks: readonly HealthCheck[]): Readiness {
  return { ready: checks.every((check) => check.ok), checks }
}
