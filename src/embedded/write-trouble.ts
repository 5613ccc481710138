/**
 * Why the embedded store cannot be written, for those who must know that nothing is counted meanwhile. In: each try that failed, each commit that went
 * through. Out: the reason in words, or null.
 */
import { messageOf } from '../errors.ts'
import type { Store } from '../store/store.ts'

export class WriteTrouble {
  #why: string | null = null

  get why(): string | null {
    return this.#why
  }

  /** A try failed, and is repeated. Returns the reason. */
  note(error: unknown): string {
    this.#why = messageOf(error)
    return this.#why
  }

  /** The same store; a commit that goes through ends the trouble. */
  watch(store: Store): Store {
    return {
      open: (p, signal) => store.open(p, signal),
      commit: async (unit, signal) => {
        const report = await store.commit(unit, signal)
        this.#why = null
        return report
      },
      close: () => store.close(),
    }
  }
}
