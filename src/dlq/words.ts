/** What a dead letter's reason means, in words, and what helps. The parser's or the store's own words stand beside it in `detail`. */
import type { DeadReason } from '../event.ts'

export interface Explanation {
  readonly meaning: string
  readonly help: string
}

const FIX_PRODUCER = 'Repair what writes the records. A replay helps only once a newer version or other settings can read them.'

export const EXPLANATIONS: Readonly<Record<DeadReason, Explanation>> = {
  empty: { meaning: 'The record has no bytes but blanks.', help: 'Nothing is lost with it; purge it.' },
  not_json: { meaning: 'The record is neither JSON nor text with a stack trace.', help: FIX_PRODUCER },
  truncated: {
    meaning: 'The record was cut before it came here, and what is left says neither level nor message.',
    help: 'Raise the limit of the shipper or appender that cut it. What was cut off cannot be brought back.',
  },
  not_utf8: {
    meaning: 'The record is not UTF-8, and cannot be read as anything else.',
    help: 'Let the appender write UTF-8. A replay helps only once a newer version can read it.',
  },
  too_large: {
    meaning: 'The record, or the number of events in it, is larger than the limits allow.',
    help: 'Raise limits.maxRecordBytes or limits.maxEventsPerRecord, restart, and replay.',
  },
  unknown_layout: {
    meaning: 'The record is JSON of a layout that is not known here: no level, message or throwable was found.',
    help: FIX_PRODUCER,
  },
  clock: {
    meaning: "The record's own timestamp lies too far ahead of the clock.",
    help: 'Repair the clock of what wrote it. When its time has come, or with a larger time.maxRecordFutureHours, a replay counts it.',
  },
  no_timestamp: {
    meaning: 'Neither the Kafka record nor the event says when it happened.',
    help: 'Let the topic use LogAppendTime, as setup makes it, or the producer write timestamps. What is there without one stays dead.',
  },
  refused_by_store: {
    meaning: 'Elasticsearch would not take the document. Its own words are in the detail.',
    help: 'Mostly the mapping or a limit of the index: repair that, and replay. The letter stands for all events of the document.',
  },
}
