/** The counts that alert rules look at, beside whatever process writes them. */
import type { AlertReader } from '../alert/alert-reader.ts'
import { createDruid } from '../cluster/neighbours.ts'
import { datasourcesOf } from '../config/clusters.ts'
import type { Settings } from '../config/schema.ts'
import { DruidAlertReader } from '../store/druid/alert-reader.ts'
import { openEmbeddedReader } from '../store/embedded.ts'

export async function openAlertReader(settings: Settings): Promise<AlertReader & { close(): Promise<void> }> {
  if (settings.mode === 'embedded') return openEmbeddedReader(settings.embedded.path)
  const druid = createDruid(settings)
  const reader = new DruidAlertReader(druid, ...datasourcesOf(settings))
  return { counts: (range) => reader.counts(range), baseline: (query) => reader.baseline(query), close: () => druid.close() }
}
