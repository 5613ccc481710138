/**
 * `npm run bench [decode] [embedded] [cluster] [latency] [alert-latency] [grouping] [patterns] [alerts] [alert-spikes] [fuzz]`: prints what is really reached on this machine, beside the goal and beside a plain twin from
 * the same run, as ratios: machines are noisy and shared, ratios less so. Nothing here passes or fails. A million fuzzed
 * lines take long, so that one runs only when it is named.
 */
import { benchAlertLatency } from './alert-latency.ts'
import { benchAlerts } from './alerts.ts'
import { benchSpikes } from './alert-spikes.ts'
import { benchCluster } from './cluster.ts'
import { benchDecode } from './decode.ts'
import { benchEmbedded } from './embedded.ts'
import { benchFuzz } from './fuzz.ts'
import { benchGrouping } from './grouping.ts'
import { benchLatency } from './latency.ts'
import { benchPatterns } from './patterns.ts'

const BENCHES = {
  decode: benchDecode,
  embedded: benchEmbedded,
  cluster: benchCluster,
  latency: benchLatency,
  'alert-latency': benchAlertLatency,
  grouping: benchGrouping,
  patterns: benchPatterns,
  alerts: benchAlerts,
  'alert-spikes': benchSpikes,
  fuzz: benchFuzz,
} as const
const ONLY_NAMED = 'fuzz'

const words = process.argv.slice(2)
const unknown = words.filter((word) => !Object.hasOwn(BENCHES, word))
if (unknown.length > 0) {
  console.error(`unknown: ${unknown.join(', ')}. Expected any of ${Object.keys(BENCHES).join(', ')}`)
  process.exitCode = 64
} else {
  for (const [name, bench] of Object.entries(BENCHES)) {
    if (words.length === 0 ? name === ONLY_NAMED : !words.includes(name)) continue
    console.log(`\n${name}`)
    await bench()
  }
}
