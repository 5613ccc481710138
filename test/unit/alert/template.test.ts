import { describe, expect, test } from 'vitest'
import { faultOfTemplate, fill, fillUrl, type Values } from '../../../src/alert/template.ts'

const NONE = Object.fromEntries(
  [
    'rule',
    'title',
    'level',
    'severity',
    'job',
    'environment',
    'fingerprint',
    'category',
    'error',
    'culprit',
    'jobs',
    'jobCount',
    'count',
    'usual',
    'hosts',
    'window',
    'since',
    'startsAt',
    'why',
    'advice',
  ].map((name) => [name, '']),
) as Values // all names, as the type asks

describe('a template', () => {
  test('is filled in by name, with or without blanks', () => {
    expect(fill('{{count}} events in {{ job }}.', { ...NONE, count: '1,200', job: 'orders' })).toBe('1,200 events in orders.')
  })

  test('takes what a log says as text: it is not looked at again, and breaks no line', () => {
    const values = { ...NONE, error: 'bad {{job}} $& $1 {{constructor}}\r\nX-Evil: 1\u0000', job: 'orders' }
    expect(fill('{{error}}', values)).toBe('bad {{job}} $& $1 {{constructor}} X-Evil: 1 ')
  })

  test('takes at most 500 characters of a value', () => {
    expect(fill('{{error}}', { ...NONE, error: 'x'.repeat(5_000) })).toHaveLength(500)
  })

  test('encodes values in an address, even what cannot be encoded', () => {
    const values = { ...NONE, job: 'a/b?c=d&e#f \ud800 ü' }
    expect(fillUrl('https://wiki/{{job}}', values)).toBe('https://wiki/a%2Fb%3Fc%3Dd%26e%23f%20%EF%BF%BD%20%C3%BC')
  })

  test.each(['{{nope}}', '{{job.toString}}', '{{#if job}}', '{{job', 'job}}', '{{}}', '{{__proto__}}', '{{constructor}}'])(
    '%s is a fault',
    (text) => {
      expect(faultOfTemplate(text, null)).not.toBeNull()
    },
  )

  test('names a value that its subjects have', () => {
    expect(faultOfTemplate('{{job}}', 'job')).toBeNull()
    expect(faultOfTemplate('{{job}}', 'platform')).toContain('no value in a rule per platform')
  })
})
