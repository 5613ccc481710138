/**
 * A record that was cut, at every byte: decoding keeps what it has and says that something is missing. It never throws, never gives a type that
 * nobody threw, and the outermost type survives wherever it stood before the cut.
 */
import { describe, expect, it } from 'vitest'
import type { ErrorEvent } from '../../src/event.ts'
import { decode, sample, throwableOf, typesOf } from '../unit/decode/samples.ts'

const OUTERMOST = 'java.lang.RuntimeException'

/** Line 1 of each, and what stands before its type. */
const SAMPLES: [file: string, typeKey: string][] = [
  ['layouts/log4j2-JTL-EcsLayout.ndjson', '"error.type":'],
  ['layouts/ecs-logging-log4j2.ndjson', '"error.type":'],
  ['layouts/log4j2-JsonLayout-default.ndjson', '"name":'],
  ['layouts/log4j2-JTL-JsonLayout.ndjson', '"name":'],
  ['layouts/log4j2-JsonLayout-stacktraceAsString-timeMillis-propsAsList.ndjson', '"name":'],
  ['layouts/log4j2-JTL-LogstashJsonEventLayoutV1.ndjson', '"exception_class":'],
  ['layouts/log4j2-JTL-SparkLayout.ndjson', '"class":'],
  ['layouts/log4j2-JTL-GelfLayout.ndjson', '"full_message":'],
  ['layouts/logback-JsonEncoder.ndjson', '"className":'],
  ['layouts/logback-LogstashEncoder-default.ndjson', '"stack_trace":'],
  ['layouts/spring-structured-ecs.ndjson', '"type":'],
  ['layouts/spring-structured-gelf.ndjson', '"_error_type":'],
  ['layouts/quarkus-jboss-detailed.json', '"exceptionType":'],
  ['envelopes/filebeat-json-in-message.json', '\\"error.type\\":'],
  ['envelopes/fluent-bit-tail.json', '\\"name\\":'],
  ['envelopes/kafka-connect-string.json', '\\"error.type\\":'],
  ['envelopes/kafka-connect-struct.json', '"exception_class":'],
  ['envelopes/cloudevents-object.json', '"error.type":'],
  ['envelopes/vector-file.json', '\\"stack_trace\\":'],
  ['otlp/logs.json', '"exception.type"'],
]

describe.each(SAMPLES)('%s, cut at every byte', (file, typeKey) => {
  const line = firstLine(sample(file))
  const whole = events(line)[0]
  const cuts = Array.from({ length: line.length }, (_, end) => ({
    end,
    outcomes: decode(line.subarray(0, end)),
    found: events(line.subarray(0, end)),
  }))

  it('gives an event or says why not', () => {
    expect(cuts.filter(({ outcomes }) => outcomes.length === 0)).toEqual([])
    const reasons = new Set(
      cuts.flatMap(({ outcomes }) => outcomes.map((outcome) => (outcome.kind === 'dead' ? outcome.reason : outcome.kind))),
    )
    expect([...reasons].filter((reason) => !['ok', 'truncated', 'empty', 'not_json'].includes(reason))).toEqual([])
  })

  it('gives the outermost type wherever it stood before the cut, and the level', () => {
    const typeEnd = line.indexOf(OUTERMOST, line.indexOf(typeKey)) + OUTERMOST.length + 3
    const lost = cuts.filter(({ end, found }) => end >= typeEnd && (found[0] === undefined || typesOf(found[0])[0] !== OUTERMOST))
    expect(lost.map(({ end }) => end)).toEqual([])
    expect(cuts.filter(({ end, found }) => end >= typeEnd && found[0]?.level !== 'ERROR').map(({ end }) => end)).toEqual([])
  })

  it('gives no type, class or method but those that were there', () => {
    const known = new Set(['java.lang.Throwable', ...(whole === undefined ? [] : namesIn(whole))])
    const made = cuts.flatMap(({ found }) => found.slice(0, 1).flatMap(namesIn)).filter((name) => !known.has(name))
    expect([...new Set(made)]).toEqual([])
  })

  it('says that something is missing, unless nothing of the error is', () => {
    const unmarked = cuts.filter(({ found }) =>
      found.some((event) => !event.truncated && JSON.stringify(event.throwable) !== JSON.stringify(whole?.throwable)),
    )
    expect(unmarked.filter(({ found }) => found.length === 1).map(({ end }) => end)).toEqual([])
  })

  it('says that only what stands behind the trace is missing, where nothing of the chain is', () => {
    const wrong = cuts.filter(({ found }) =>
      found.some((event) => event.isTraceWhole === true && whole !== undefined && namesIn(event).join() !== namesIn(whole).join()),
    )
    expect(wrong.map(({ end }) => end)).toEqual([])
  })
})

/** Of the chain's exceptions and their frames. A frame that was cut behind its class has no method. */
function namesIn(event: ErrorEvent): string[] {
  const names: string[] = []
  for (let at = throwableOf(event); at !== null; at = at.cause)
    names.push(at.type, ...at.frames.flatMap(({ className, method }) => (method === '' ? [className] : [className, method])))
  return names
}

function events(record: Buffer): ErrorEvent[] {
  return decode(record).flatMap((outcome) => (outcome.kind === 'ok' ? [outcome.value] : []))
}

function firstLine(bytes: Buffer): Buffer {
  const end = bytes.indexOf(0x0a)
  return end < 0 ? bytes : bytes.subarray(0, end)
}
