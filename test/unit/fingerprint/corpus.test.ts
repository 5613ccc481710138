/**
 * Every record of the corpus, and how it is grouped: the explanation, so that a change of the algorithm shows what it did to people's
 * groups and not only that a hash moved. A change here that moves a key needs a new FINGERPRINT_VERSION once there was a release.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { createFingerprinter } from '../../../src/fingerprint/fingerprint.ts'
import { anEvent } from '../../support/builders.ts'
import { decode, sample } from '../decode/samples.ts'

const fingerprint = createFingerprinter({ ownPackages: [] })

function recordsOf(file: string): Buffer[] {
  const bytes = sample(file)
  return file.endsWith('.ndjson')
    ? bytes
        .toString('utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => Buffer.from(line))
    : [bytes]
}

function explained(record: Buffer): object[] {
  return decode(record).map((outcome) => {
    if (outcome.kind !== 'ok') return { kind: outcome.kind, reason: outcome.reason }
    const { title, culprit, exceptionClass, rootCauseClass, why, fp, fpSite } = fingerprint(outcome.value)
    return { title, culprit, exceptionClass, rootCauseClass, why, keys: `${fpSite} ${fp}` }
  })
}

describe('the explanation of each record of', () => {
  it.each(
    ['layouts', 'envelopes', 'otlp'].flatMap((folder) =>
      readdirSync(new URL(`../../data/${folder}`, import.meta.url))
        .sort()
        .map((file) => `${folder}/${file}`),
    ),
  )('%s', (file) => {
    expect(recordsOf(file).flatMap(explained)).toMatchSnapshot()
  })
})

describe('the explanation of each kind of error of', () => {
  it('fingerprint-kinds.ndjson.gz', () => {
    const rows = gunzipSync(readFileSync(new URL('../../data/fingerprint-kinds.ndjson.gz', import.meta.url)))
      .toString('utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { kind: string; type: string; message: string | null; trace: string }) // our own data file
    const first = new Map(rows.toReversed().map((row) => [row.kind, row]))
    const lines = [...first.values()].map(({ kind, type, message, trace }) => {
      const { title, culprit, why } = fingerprint(anEvent({ throwable: { form: 'text', type, message, text: trace } }))
      return `${kind}: ${title} at ${culprit ?? '(nowhere)'}; ${why}`
    })
    expect(lines.sort()).toMatchSnapshot()
  })
})
