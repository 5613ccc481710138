/** The heartbeats among the receivers, on in one process: that which owns shard 0. Two that are on for a moment are harmless. */
import { openReceivers, type OpenOptions } from '../deliver/open.ts'

export interface HeartbeatSwitchOptions extends OpenOptions {
  readonly isHealthy: () => boolean
}

export class HeartbeatSwitch {
  readonly #options: HeartbeatSwitchOptions
  #running: { readonly abort: AbortController; readonly ended: Promise<unknown> } | null = null

  constructor(options: HeartbeatSwitchOptions) {
    this.#options = {
      ...options,
      receivers: Object.fromEntries(Object.entries(options.receivers).filter(([, { type }]) => type === 'heartbeat')),
    }
  }

  on(): void {
    if (this.#running !== null) return
    const abort = new AbortController()
    const { heartbeats } = openReceivers(this.#options)
    this.#running = { abort, ended: Promise.all(heartbeats.map((heartbeat) => heartbeat.run(this.#options.isHealthy, abort.signal))) }
  }

  off(): void {
    this.#running?.abort.abort()
    this.#running = null
  }

  async stop(): Promise<void> {
    const running = this.#running
    this.off()
    await running?.ended
  }
}
