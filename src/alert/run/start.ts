/** The wiring of the alert service: settings and ports in, a running service and its desk out. Which adapter stands behind which port is for the mode to say. */
import { hostname } from 'node:os'
import type { Settings } from '../../config/schema.ts'
import { HOUR_MS } from '../../lib/durations.ts'
import type { OnRelease } from '../../lib/releasers.ts'
import type { AlertDesk } from '../desk.ts'
import { ServiceDesk } from './desk.ts'
import { AlertService } from './service.ts'
import type { AlertServiceOptions } from './service-options.ts'

export type AlertingParts = Omit<AlertServiceOptions, 'settings' | 'owner' | 'now'> & { readonly settings: Settings }

/** Throws `config_invalid` where a rule file is wrong, or a receiver's secret cannot be read. */
export function startAlerting({ settings: all, ...parts }: AlertingParts, onRelease: OnRelease): AlertDesk {
  const { alerts, rollup } = all
  const { page, kibana, kibanaDataView: dataView } = alerts.links
  const settings = {
    ...alerts,
    maxGapMs: alerts.maxGapHours * HOUR_MS,
    links: { page, kibana, dataView },
    keepGroupsDays: rollup.retentionDays,
  }
  const { control, state } = parts
  onRelease(() => control.close())
  onRelease(() => state.close())
  const service = new AlertService({ ...parts, settings, owner: `${hostname()}-${process.pid}`, now: Date.now })
  const desk = new ServiceDesk(service, parts.reader, Date.now)
  service.start()
  onRelease(() => service.stop())
  onRelease(async () => desk.stop())
  return desk
}
