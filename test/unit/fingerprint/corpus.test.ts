/**
 * Every record of the corpus, and how it is grouped: the explanation, so that a change of the algorithm shows what it did to people's
 * groups and not only that a hash moved. A change here that moves a key needs a new FINGERPRINT_VERSION once there was a release.
 */
import { readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { createFingerprinter } from '../../../src/fingerprint/fingerprint.ts'
import { decode, sample } from '../decode/samples.ts'

const fingerprint = createFingerprinter({ ownPackages: [] })

function recordsOf(file: string): Buffer[] {
  const bytes = sample(`layouts/${file}`)
  return file.endsWith('.ndjson') ? bytes.toString('utf8').split('\n').filter((line) => line !== '').map((line) => Buffer.from(line)) : [bytes]
}

function explained(record: Buffer): object[] {
  return decode(record).map((outcome) => {
    if (outcome.kind !== 'ok') return { kind: outcome.kind, reason: outcome.reason }
    const { title, culprit, exceptionClass, rootCauseClass, why, fp, fpSite } = fingerprint(outcome.value)
    return { title, culprit, exceptionClass, rootCauseClass, why, keys: `${fpSite} ${fp}` }
  })
}

describe('the explanation of each record of', () => {
  it.each(readdirSync(new URL('../../data/layouts', import.meta.url)).sort())('%s', (file) => {
    expect(recordsOf(file).flatMap(explained)).toMatchSnapshot()
  })
})
