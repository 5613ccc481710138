/** Rules of a stream for tests: the real stages, and an event's message as its error. */
import type { Settings } from '../../src/config/schema.ts'
import { createDecoder } from '../../src/decode/decode.ts'
import { createRedactor } from '../../src/decode/redactor.ts'
import { NO_REDACTION_RULES } from '../../src/decode/redaction-file.ts'
import type { Fingerprint } from '../../src/event.ts'
import { createFilter } from '../../src/filter/filter.ts'
import { NO_FILTER_RULES } from '../../src/filter/rule-file.ts'
import { createJobResolver } from '../../src/job.ts'
import type { StreamRules } from '../../src/rules/rules.ts'

export function someRules(settings: Settings, over: Partial<StreamRules> = {}): StreamRules {
  return {
    decode: createDecoder(settings.limits),
    redactor: createRedactor(NO_REDACTION_RULES),
    filter: createFilter(NO_FILTER_RULES, settings.filter),
    resolveJob: createJobResolver(settings.job),
    analyse: byMessage,
    previousUntilMs: null,
    digest: 'r1',
    ...over,
  }
}

export const byMessage: StreamRules['analyse'] = ({ message }) => {
  const fp = `v1:${message}` as Fingerprint // the stage that brands them is not here
  return {
    grouping: {
      fp,
      fpSite: fp,
      fpStack: fp,
      previous: null,
      title: message,
      culprit: null,
      exceptionClass: null,
      rootCauseClass: null,
      why: '',
    },
    classification: null,
  }
}
