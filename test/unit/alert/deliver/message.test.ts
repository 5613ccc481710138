import { describe, expect, it } from 'vitest'
import type { Alert } from '../../../../src/alert/alert.ts'
import { html } from '../../../../src/alert/deliver/html.ts'
import { messageOf } from '../../../../src/alert/deliver/message.ts'
import { plainText } from '../../../../src/alert/deliver/plain-text.ts'
import { DAY, HOUR, T0 } from '../../../support/builders.ts'
import { aNotification, anAlert, resolved } from './alerts.ts'

describe('a message', () => {
  it('says what, where, how much, since when, whether new, why, what to do, and links, in this order', () => {
    expect(plainText(messageOf(aNotification()))).toBe(
      [
        '[FIRING, high] ConnectException: Connection refused: <*>',
        'at com.acme.Orders.save:17',
        'Where: orders (production)',
        'How much: 1,234 events in 5 min, usually 12, on 3 hosts',
        'Since: 2026-11-20 09:58 UTC',
        'New: no',
        'Why: 1,234 events in 5 minutes are more than 60, six times the usual 12. (rule: Error spike)',
        'Advice: Check that the service listens on the address, and that no firewall stands between.',
        'Errors of the job: https://tracefold.example.com/#/jobs/orders?from=-1h',
        'Kibana: https://kibana.example.com/app/discover#/?_a=(query:(language:kuery))',
      ].join('\n'),
    )
  })

  it('says when a resolved alert ended, and for how long it went on', () => {
    const message = messageOf(aNotification({ alerts: [resolved(anAlert({ sinceMs: T0 }), T0 + 2.5 * HOUR)] }))
    expect(message.title).toBe('[RESOLVED] ConnectException: Connection refused: <*> in orders (production)')
    expect(message.tone).toBe('resolved')
    expect(plainText(message)).toContain('Since: 2026-11-20 10:00 UTC, until 2026-11-20 12:30 UTC (2 h 30 min)')
  })

  it('says that an error is new', () => {
    expect(plainText(messageOf(aNotification({ alerts: [anAlert({ isNew: true })] })))).toContain(
      'New: yes, this error was not seen before',
    )
  })

  it('says that an error is back, and after how long', () => {
    expect(plainText(messageOf(aNotification({ alerts: [anAlert({ unseenMs: 14.5 * DAY })] })))).toContain(
      'New: no, but it is back after 14 days',
    )
  })

  it('leaves out what a condition does not know: counts, hosts, whether new', () => {
    const blind = anAlert({
      what: 'Alert rules are blind',
      culprit: null,
      count: null,
      usual: null,
      hosts: null,
      advice: null,
      links: [],
      subject: { job: null, environment: null, fingerprint: null, category: null },
    })
    expect(
      plainText(messageOf(aNotification({ alerts: [blind] })))
        .split('\n')
        .map((line) => line.split(':')[0]),
    ).toEqual(['[FIRING, high] Alert rules are blind', 'Where', 'Since', 'Why'])
  })

  it('names no hosts where nobody knows them', () => {
    expect(plainText(messageOf(aNotification({ alerts: [anAlert({ hosts: 0 })] })))).toContain(
      'How much: 1,234 events in 5 min, usually 12\n',
    )
  })

  it('names the worst jobs of a platform alert, and how many more there are', () => {
    const platform = anAlert({ subject: { job: null, environment: null }, jobs: ['a', 'b', 'c', 'd', 'e', 'f'], jobCount: 25 })
    expect(plainText(messageOf(aNotification({ alerts: [platform] })))).toContain('Where: a, b, c, d, e and 20 more jobs')
  })

  it('has a title for several alerts, and the tone of the worst that fires', () => {
    const alerts = [
      anAlert({ severity: 'critical' }),
      anAlert({ subject: { job: 'billing' } }),
      resolved(anAlert({ subject: { job: 'stock' } })),
    ]
    const message = messageOf(aNotification({ alerts }))
    expect(message.title).toBe(
      '[2 FIRING, critical; 1 RESOLVED] ConnectException: Connection refused: <*> and 2 more in orders, billing, stock (production)',
    )
    expect(message.tone).toBe('critical')
  })

  it('names three jobs at most in a title, and an environment only where all are of it', () => {
    const titleOf = (...alerts: Alert[]) => messageOf(aNotification({ alerts })).title
    const jobs = ['a', 'b', 'c', 'd', 'e'].map((job) => anAlert({ subject: { job } }))
    expect(titleOf(...jobs)).toMatch(/^\[5 FIRING, high\] .* and 4 more in a, b, c and 2 more jobs \(production\)$/)
    expect(titleOf(jobs[0]!, anAlert({ subject: { environment: null } }))).toMatch(/ and 1 more in a, orders$/)
    const platform = anAlert({ subject: { job: null, environment: null }, jobs: ['a', 'x'], jobCount: 25 })
    expect(titleOf(platform, jobs[0]!)).toMatch(/ and 1 more in a, x and 23 more jobs$/)
    expect(titleOf(...jobs.slice(0, 2).map((alert) => resolved(alert)))).toMatch(/^\[2 RESOLVED\] .* and 1 more in a, b \(production\)$/)
  })

  it('says how many alerts are not shown', () => {
    const alerts = [anAlert(), anAlert({ subject: { job: 'billing' } }), anAlert({ subject: { job: 'stock' } })]
    expect(plainText(messageOf(aNotification({ alerts }), 1))).toMatch(/\n\n2 more alerts are not shown\.$/)
  })

  it('shows the annotations of the rule after the advice', () => {
    expect(plainText(messageOf(aNotification({ alerts: [anAlert({ annotations: { runbook: 'see page 7' } })] })))).toMatch(
      /Advice: .*\nrunbook: see page 7\nErrors of the job:/,
    )
  })

  it('puts a text of many lines into one, and cuts a long one', () => {
    const [text] = messageOf(aNotification({ alerts: [anAlert({ what: `first\r\n\tsecond\u2028third ${'x'.repeat(1_000)}` })] })).alerts
    expect(text?.what).toMatch(/^first second third x+…$/)
    expect(text?.what).toHaveLength(400)
  })

  it('cuts no surrogate pair apart', () => {
    const [text] = messageOf(aNotification({ alerts: [anAlert({ what: '😀'.repeat(400) })] })).alerts
    expect(text?.what.isWellFormed()).toBe(true)
  })

  it.each(['javascript:alert(1)', 'file:///etc/passwd', 'no address', `https://example.com/${'x'.repeat(2_000)}`])(
    'makes no link of %.40s',
    (url) => {
      expect(messageOf(aNotification({ alerts: [anAlert({ links: [{ title: 'here', url }] })] })).alerts[0]?.links).toEqual([])
    },
  )

  it('is HTML for mail clients', () => {
    expect(html(messageOf(aNotification({ alerts: [anAlert(), resolved(anAlert({ subject: { job: 'billing' } }))] }), 1))).toMatchSnapshot()
  })
})
