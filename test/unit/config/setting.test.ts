import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { describeSettings, settingsMarkdown, settingsText } from '../../../src/config/describe.ts'
import { environmentText } from '../../../src/config/environment.ts'
import { nearest } from '../../../src/config/nearest.ts'
import { readSettings } from '../../../src/config/load.ts'
import { SETTINGS, type Setting } from '../../../src/config/setting.ts'
import { Secret } from '../../../src/lib/secret.ts'

const WORDS: Readonly<Record<string, fc.Arbitrary<string>>> = {
  name: fc.stringMatching(/^[a-z][a-z0-9-]{0,40}$/),
  'kafka.brokers': fc.stringMatching(/^[a-z0-9.-]{1,20}:[0-9]{1,5}$/),
  'kafka.brokersDns': fc.constantFrom('_kafka._tcp.a.b', 'kafka.a.b:9092'),
  'kafka.topics': fc.stringMatching(/^[A-Za-z0-9._-]{1,40}$/),
  'job.from': fc.constantFrom('service', 'key', 'topic', 'context:a.b', 'header:x'),
  'job.environmentFrom': fc.constantFrom('service', 'context:env', 'header:x'),
  'job.hostFrom': fc.constantFrom('event', 'context:host', 'header:x'),
  'fingerprint.ownPackages': fc.constantFrom('com.acme', 'org', 'a.b$c.d_e'),
}
const url = fc.constantFrom('http://a:1', 'https://b.example/path', 'http://[::1]:9200')
const plainText = fc.stringMatching(/^[^\s,]{1,30}$/)

/** Valid values of a setting. */
function valuesOf(setting: Setting): fc.Arbitrary<unknown> {
  const text = WORDS[setting.name] ?? (setting.type.includes('URL') ? url : plainText)
  switch (setting.kind) {
    case 'number': {
      const [, min, max] = /^whole number (-?\d+)(?: to (\d+)| or above)$/.exec(setting.type) ?? []
      return fc.integer({ min: Number(min), max: max === undefined ? 2_000_000_000 : Number(max) })
    }
    case 'boolean':
      return fc.boolean()
    case 'choice':
      return fc.constantFrom(...setting.type.replace('one of ', '').split(', '))
    case 'list':
      return fc.array(text, { minLength: 1, maxLength: 4 })
    case 'objects':
      return fc.array(
        fc.record({
          name: fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/),
          brokers: fc.constant(['a:1']),
          brokersFile: fc.constant(null),
          brokersDns: fc.constant(null),
          tls: fc.constant(null),
          sasl: fc.constant(null),
          druidBootstrap: fc.constant(null),
          druidProperties: fc.constant(null),
        }),
      )
    case 'map':
      return fc.dictionary(
        fc.string().filter((key) => key !== '__proto__'),
        fc.string(),
      )
    case 'secret':
      return plainText.map((value) => new Secret(value))
    case 'text':
      return setting.nullable ? fc.option(text) : text
  }
}

function valueAt(root: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((section, key) => (section as Record<string, unknown>)[key], root)
}

describe('every setting', () => {
  it.each(SETTINGS.map((setting) => [setting.env, setting] as const))('comes back from %s as it was written', (_, setting) => {
    fc.assert(
      fc.property(valuesOf(setting), (value) => {
        const text = value instanceof Secret ? value.reveal() : environmentText(setting, value)
        const reading = readSettings({ file: null, env: { [setting.env]: text } })
        // A value may contradict the defaults of other settings, but it is never taken for something else.
        if (reading.kind === 'faults')
          return reading.faults.every(({ expected }) => expected !== setting.type && !expected.startsWith('a known'))
        const came = valueAt(reading.settings, setting.path)
        expect(came instanceof Secret ? came.reveal() : came).toEqual(value instanceof Secret ? value.reveal() : value)
        return true
      }),
      { numRuns: 15 },
    )
  })

  it('has a variable of its own and a sentence', () => {
    expect(new Set(SETTINGS.map(({ env }) => env)).size).toBe(SETTINGS.length)
    expect(SETTINGS.filter(({ sentence }) => !/^\S.*\.$/.test(sentence)).map(({ name }) => name)).toEqual([])
  })

  it('never has an empty secret as a default, and every secret can come from a file', () => {
    const secrets = SETTINGS.filter(({ kind }) => kind === 'secret')
    expect(secrets.map(({ default: byDefault }) => byDefault)).toEqual(secrets.map(() => null))
    expect(secrets.filter(({ name }) => !SETTINGS.some((other) => other.name === `${name}File`))).toEqual([])
  })
})

describe('describeSettings', () => {
  it('shows path, variable, type, default and sentence', () => {
    expect(describeSettings().find(({ path }) => path === 'detail.flushMs')).toEqual({
      path: 'detail.flushMs',
      env: 'TRACEFOLD_DETAIL_FLUSH_MS',
      type: 'whole number 1 or above',
      default: '1000',
      sentence: 'Age of the oldest unwritten event at which documents are flushed.',
    })
  })

  it('names every setting in both forms', () => {
    for (const { name, env } of SETTINGS) {
      expect(settingsMarkdown()).toContain(`\`${name}\`<br>\`${env}\``)
      expect(settingsText()).toContain(`${name}\n`)
    }
  })

  it('is what docs/settings.md says (tracefold settings --markdown > docs/settings.md)', () => {
    expect(readFileSync(new URL('../../../docs/settings.md', import.meta.url), 'utf8')).toBe(settingsMarkdown())
  })
})

describe('nearest', () => {
  it.each([
    ['detail.flushMS', 'detail.flushMs'],
    ['detial.flushMs', 'detail.flushMs'],
    ['rollup.retentionDay', 'rollup.retentionDays'],
    ['something.else.entirely', null],
  ])('takes %s for %s', (given, expected) => {
    expect(
      nearest(
        given,
        SETTINGS.map(({ name }) => name),
      ),
    ).toBe(expected)
  })
})
