/**
 * All JSON layouts, in the order in which they are asked: the first that matches reads the record. A layout stands before those whose
 * discriminator it shares (Spring's GELF before GELF, Logback's Logstash format before Logstash v1); the generic one is last.
 */
import type { LayoutReader } from '../layout.ts'
import { ecsLogging, log4j2Ecs } from './ecs.ts'
import { log4j2Gcp } from './gcp.ts'
import { log4j2Gelf, springGelf } from './gelf.ts'
import { generic } from './generic.ts'
import { log4j2Json } from './log4j2-json.ts'
import { logbackJson } from './logback-json.ts'
import { logbackLogstash } from './logback-logstash.ts'
import { logstashV1 } from './logstash-v1.ts'
import { quarkus } from './quarkus.ts'
import { spark } from './spark.ts'
import { springEcs } from './spring-ecs.ts'

export const LAYOUTS: readonly LayoutReader[] = [
  log4j2Json, // loggerFqcn
  ecsLogging, // ecs.version + event.dataset
  log4j2Ecs, // ecs.version
  springEcs, // log: {level}
  logstashV1, // @version + source_host | mdc | exception
  logbackLogstash, // @version + level_value
  springGelf, // _level_name
  log4j2Gelf, // version + short_message
  log4j2Gcp, // severity + timestampSeconds
  quarkus, // loggerClassName
  logbackJson, // sequenceNumber | context
  spark, // ts + msg + logger
  generic,
]
