/** What real libraries made of a few errors, each of them in up to 21 layouts. Whatever layout wrote an error, it must get the same fingerprint. */
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { createFingerprinter } from '../../../src/fingerprint/fingerprint.ts'
import { decode, sample } from '../decode/samples.ts'

const fingerprint = createFingerprinter({ ownPackages: [] })

function first(file: string) {
  const bytes = sample(`layouts/${file}`)
  const isLines = file.endsWith('.ndjson')
  const outcome = decode(isLines ? bytes.subarray(0, bytes.indexOf(0x0a)) : bytes)[0]
  if (outcome?.kind !== 'ok') throw new Error(`${file}: ${JSON.stringify(outcome)}`)
  return fingerprint(outcome.value)
}

const expected = first('log4j2-JTL-EcsLayout.ndjson')

describe('one error', () => {
  it('is the refused connection at the bottom of the chain', () => {
    expect(expected).toMatchObject({
      title: 'ConnectException: Connection refused: <*>',
      culprit: 'Boom$OrderRepo.connect:4',
      exceptionClass: 'java.lang.RuntimeException',
      rootCauseClass: 'java.net.ConnectException',
    })
  })

  it.each([
    'log4j2-JTL-LogstashJsonEventLayoutV1.ndjson',
    'log4j2-JTL-GcpLayout.ndjson',
    'log4j2-JTL-GelfLayout.ndjson',
    'log4j2-JTL-SparkLayout.ndjson',
    'log4j2-JsonLayout-default.ndjson',
    'log4j2-JsonLayout-props-location.ndjson',
    'log4j2-JsonLayout-pretty-complete.json',
    'log4j2-JsonLayout-stacktraceAsString-timeMillis-propsAsList.ndjson',
    'ecs-logging-log4j2.ndjson',
    'ecs-logging-log4j2-stackTraceAsArray.txt',
    'ecs-logging-logback.ndjson',
    'logback-JsonEncoder.ndjson',
    'logback-JsonEncoder-default.ndjson',
    'logback-LogstashEncoder-default.ndjson',
    'logback-LogstashEncoder-rootCauseFirst-hash.ndjson',
    'spring-structured-ecs.ndjson',
    'spring-structured-ecs-rootfirst-hash.ndjson',
    'spring-structured-gelf.ndjson',
    'spring-structured-logstash.ndjson',
  ])('has the same keys in %s', (file) => {
    const { fp, fpSite } = first(file)
    expect({ fp, fpSite }).toEqual({ fp: expected.fp, fpSite: expected.fpSite })
  })

  // What cannot be the same, and why; a change here is news.
  it.each([
    ['log4j2-JTL-JsonLayout.ndjson', 'the layout leaves out all causes', 'java.lang.RuntimeException'],
    ['log4j2-JsonLayout-noStack.ndjson', 'no frames', 'java.net.ConnectException'],
    ['log4j2-JTL-Ecs-truncated-512.ndjson', 'cut before the first cause', 'java.lang.RuntimeException'],
  ])('has another key in %s: %s', (file, _, rootCauseClass) => {
    const grouping = first(file)
    expect(grouping.fp).not.toBe(expected.fp)
    expect(grouping.rootCauseClass).toBe(rootCauseClass)
  })

  it('has the same fine key wherever its own frames are all that differs', () => {
    const same = [
      'log4j2-JTL-LogstashJsonEventLayoutV1.ndjson',
      'log4j2-JsonLayout-default.ndjson',
      'log4j2-JsonLayout-stacktraceAsString-timeMillis-propsAsList.ndjson',
    ]
    expect(same.map((file) => first(file).fpStack)).toEqual(same.map(() => expected.fpStack))
  })
})

interface Row {
  readonly layout: string
  readonly error: string
  readonly record: string
}

/** Layouts that lose something, and the errors in which it was what decides. */
const LOSES: Readonly<Record<string, readonly [why: string, errors: readonly string[]]>> = {
  'log4j2-JTL-JsonLayout': ['all causes', ['refused', 'circular']],
  'log4j2-JsonLayout-noStack': ['all frames', ['refused', 'null-pointer', 'circular', 'lambda', 'overflow']],
  'log4j2-JTL-Ecs-truncated-512': ['all behind 512 characters', ['refused', 'overflow']],
}

describe('every error of the samples', () => {
  const rows = gunzipSync(readFileSync(new URL('../../data/fingerprint-layouts.ndjson.gz', import.meta.url)))
    .toString('utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Row) // our own data file
  const losesIt = ({ layout, error }: Row) => LOSES[layout]?.[1].includes(error) === true
  const fpOf = ({ layout, record }: Row): string => {
    const [outcome] = decode(Buffer.from(record))
    if (outcome?.kind !== 'ok') throw new Error(`${layout}: ${JSON.stringify(outcome)}`)
    return fingerprint(outcome.value).fp
  }

  it.each(['refused', 'plain', 'spring-plain', 'null-pointer', 'circular', 'lambda', 'overflow'])(
    '%s has one key in all layouts that carry it, and others in those that do not',
    (error) => {
      const all = rows.filter((row) => row.error === error)
      const keys = new Set(all.filter((row) => !losesIt(row)).map(fpOf))
      expect(all.length).toBeGreaterThan(3)
      expect(keys.size).toBe(1)
      expect(all.filter((row) => losesIt(row) && keys.has(fpOf(row))).map(({ layout }) => layout)).toEqual([])
    },
  )
})
