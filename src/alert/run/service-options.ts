/** What the alert service of a process needs: its settings, and the ports behind which the mode's adapters stand. */
import type { ControlLog } from '../../control/control-log.ts'
import type { HealthRegistry } from '../../health.ts'
import type { Logger } from '../../log.ts'
import type { Metrics } from '../../metrics.ts'
import type { Tally } from '../../stream/tally.ts'
import type { AlertReader } from '../alert-reader.ts'
import type { ReceiversSettings } from '../deliver/settings.ts'
import type { LinkBases } from '../links.ts'
import type { LookAtPipeline } from './pipeline-watch.ts'
import type { StateLog } from './state-log.ts'

export interface AlertSettings {
  readonly intervalMs: number
  readonly delayMs: number
  readonly maxLagMs: number
  readonly maxGapMs: number
  readonly folders: readonly string[]
  readonly receivers: ReceiversSettings
  readonly links: LinkBases
  /** As the rollups are kept. */
  readonly keepGroupsDays: number
}

export interface AlertServiceOptions {
  readonly settings: AlertSettings
  /** For the receivers' secrets. */
  readonly env: NodeJS.ProcessEnv
  readonly reader: AlertReader
  readonly state: StateLog
  readonly control: ControlLog
  readonly lookAtPipeline: LookAtPipeline
  readonly tally: () => Tally
  readonly adviceOf: (patternRule: string) => string | null
  /** This process's name, among others. */
  readonly owner: string
  readonly health: HealthRegistry
  readonly metrics: Metrics
  readonly log: Logger
  readonly now: () => number
  readonly onFailed: (error: unknown) => void
}
