/**
 * All JSON layouts, in the order in which they are asked: the first that matches reads the record. A layout stands before those whose
 * discriminator it shares (Spring's GELF before GELF, Logback's Logstash format before Logstash v1); the generic one is last.
 */
import type { LayoutReader } from '../layout.ts'
import type { JsonObject } from '../value.ts'
import { ecsLogging, log4j2Ecs, quarkusEcs } from './ecs.ts'
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
  quarkusEcs, // event.sequence
  ecsLogging, // ecs.version + event.dataset
  log4j2Ecs, // ecs.version
  springEcs, // log: {level}
  logstashV1, // @version + source_host | exception_class | logger_name, no level_value
  logbackLogstash, // @version + level_value
  springGelf, // _log_logger | _process_thread_name
  log4j2Gelf, // version + short_message
  quarkus, // loggerClassName
  log4j2Gcp, // severity + timestampSeconds | logging.googleapis.com/*
  logbackJson, // sequenceNumber | context
  spark, // ts + msg + logger
  generic,
]

export function layoutOf(record: JsonObject): LayoutReader | undefined {
  return LAYOUTS.find((layout) => layout.matches(record))
}

/** The same, but for the one that takes whatever has a level and a message. */
export function ownLayoutOf(record: JsonObject): LayoutReader | undefined {
  const layout = layoutOf(record)
  return layout === generic ? undefined : layout
}
