/** All faults, in the order in which they are run. */
import type { Fault } from './fault.ts'
import { brokerAway, brokerKilled } from './faults/brokers.ts'
import { churn } from './faults/churn.ts'
import { kafkaAway } from './faults/kafka-away.ts'
import { kafkaNetwork } from './faults/kafka-network.ts'
import { kills } from './faults/kills.ts'
import { rebalanceStorm } from './faults/rebalance-storm.ts'
import { zombies } from './faults/zombies.ts'

export const FAULTS: readonly Fault[] = [kills, churn, zombies, rebalanceStorm, brokerKilled, brokerAway, kafkaAway, kafkaNetwork]
