/** What the wiring (app.ts) gives to a mode, cluster or embedded, and what it gets back. */
import type { ApiDeps } from './api/deps.ts'
import type { Settings } from './config/schema.ts'
import type { HealthRegistry } from './health.ts'
import type { Logger } from './log.ts'
import type { Metrics } from './metrics.ts'
import type { Source } from './source/source.ts'
import type { Tally } from './stream/tally.ts'

export interface EmbeddedInputs {
  /** Made by the command from its arguments; the HTTP source is always there unless the run ends by itself. */
  readonly sources: readonly Source[]
}

export interface RunOptions {
  readonly settings: Settings
  /** Stop once everything up to the ends seen at start is committed. */
  readonly exitAtEnd: boolean
  /** Make what is missing in the neighbours before starting. */
  readonly setup: boolean
  readonly inputs: EmbeddedInputs
  /** For the secrets of receivers, which the settings name. */
  readonly env: NodeJS.ProcessEnv
  /** Where our own log goes, if not straight to standard error. */
  readonly logTo?: { write(line: string): void }
}

/** One of each for the process. */
export interface ModeContext extends RunOptions {
  readonly health: HealthRegistry
  readonly metrics: Metrics
  readonly log: Logger
}

/** What a mode gives: its streams' end, and the ports that the API reads through. What it opens it registers for release as it opens. */
export interface Mode {
  readonly done: Promise<void>
  tally(): Tally
  readonly api: Pick<
    ApiDeps,
    'reader' | 'details' | 'isOwn' | 'ledger' | 'letters' | 'offsets' | 'ingest' | 'pipeline' | 'rules' | 'alerts'
  >
}
