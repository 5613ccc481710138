/** All faults, in the order in which they are run. */
import type { Fault } from './fault.ts'
import { alertKills } from './faults/alert-kills.ts'
import { brokerAway, brokerKilled } from './faults/brokers.ts'
import { churn } from './faults/churn.ts'
import { clusterAway } from './faults/cluster-away.ts'
import { clocks } from './faults/clocks.ts'
import { compressed } from './faults/compressed.ts'
import { dataExpired } from './faults/data-expired.ts'
import { deployKill, deployStop } from './faults/deploy.ts'
import { druidAnswersBadly, druidKilled, druidSupervisor } from './faults/druid.ts'
import { elasticsearchAway } from './faults/elasticsearch-away.ts'
import { elasticsearchBusy } from './faults/elasticsearch-busy.ts'
import { elasticsearchCredentials } from './faults/elasticsearch-credentials.ts'
import { elasticsearchMapping } from './faults/elasticsearch-mapping.ts'
import { elasticsearchNetwork } from './faults/elasticsearch-network.ts'
import { elasticsearchReadOnly } from './faults/elasticsearch-read-only.ts'
import { embeddedCorrupt, embeddedDiskFull, embeddedKilled, embeddedTwo } from './faults/embedded.ts'
import { fenced } from './faults/fenced.ts'
import { kafkaAway } from './faults/kafka-away.ts'
import { kafkaNetwork } from './faults/kafka-network.ts'
import { kills, killsOnElasticsearch9, killsOnKafka4, killsWithDruid } from './faults/kills.ts'
import { malformed } from './faults/malformed.ts'
import { offsetsGone } from './faults/offsets-gone.ts'
import { rebalanceStorm } from './faults/rebalance-storm.ts'
import { rollingRestart } from './faults/rolling-restart.ts'
import { skipBackfill } from './faults/skip-backfill.ts'
import { togetherApart } from './faults/together-apart.ts'
import { topicAgain } from './faults/topic-again.ts'
import { zombies } from './faults/zombies.ts'

const PROCESSES = [
  kills,
  killsWithDruid,
  killsOnKafka4,
  killsOnElasticsearch9,
  churn,
  zombies,
  rebalanceStorm,
  rollingRestart,
  togetherApart,
  deployStop,
  deployKill,
  skipBackfill,
]
const KAFKA = [brokerKilled, brokerAway, kafkaAway, kafkaNetwork, clusterAway, dataExpired, offsetsGone, topicAgain, compressed, fenced]
const ELASTICSEARCH = [
  elasticsearchBusy,
  elasticsearchNetwork,
  elasticsearchAway,
  elasticsearchCredentials,
  elasticsearchReadOnly,
  elasticsearchMapping,
]
const DRUID = [druidKilled, druidSupervisor, druidAnswersBadly]
const EMBEDDED = [embeddedKilled, embeddedDiskFull, embeddedTwo, embeddedCorrupt]
const ALERTS = [alertKills]
const DATA = [malformed, clocks]

export const FAULTS: readonly Fault[] = [...PROCESSES, ...KAFKA, ...ELASTICSEARCH, ...DRUID, ...EMBEDDED, ...ALERTS, ...DATA]
