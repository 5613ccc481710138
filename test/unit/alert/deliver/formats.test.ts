import { describe, expect, it } from 'vitest'
import type { Notification } from '../../../../src/alert/alert.ts'
import { html } from '../../../../src/alert/deliver/html.ts'
import { messageOf } from '../../../../src/alert/deliver/message.ts'
import { postableAlert } from '../../../../src/alert/deliver/receivers/alertmanager.ts'
import { dingtalkBody } from '../../../../src/alert/deliver/receivers/dingtalk.ts'
import { mailOf } from '../../../../src/alert/deliver/receivers/email.ts'
import { feishuBody } from '../../../../src/alert/deliver/receivers/feishu.ts'
import { pagerdutyEvent } from '../../../../src/alert/deliver/receivers/pagerduty.ts'
import { slackBody } from '../../../../src/alert/deliver/receivers/slack.ts'
import { webhookBody, webhookBodyOf } from '../../../../src/alert/deliver/receivers/webhook.ts'
import { wecomBody } from '../../../../src/alert/deliver/receivers/wecom.ts'
import { T0 } from '../../../support/builders.ts'
import { aNotification, anAlert, resolved } from './alerts.ts'

const two = aNotification({ alerts: [anAlert({ severity: 'critical', isNew: true }), resolved(anAlert({ subject: { job: 'billing' } }))] })

/** What each receiver is sent, as text of the format that it reads. */
const FORMATS: Readonly<Record<string, (notification: Notification) => string>> = {
  slack: (notification) => JSON.stringify(slackBody(notification)),
  dingtalk: (notification) => JSON.stringify(dingtalkBody(notification)),
  feishu: (notification) => JSON.stringify(feishuBody(notification)),
  wecom: (notification) => wecomBody(notification).markdown.content,
  'e-mail': (notification) => mailOf(notification, 'a@b.example').html,
}

describe('the body for', () => {
  it.each([
    ['slack', slackBody(two)],
    ['dingtalk', dingtalkBody(two)],
    ['feishu', feishuBody(two)],
    ['wecom', wecomBody(two)],
    ['pagerduty', two.alerts.map(pagerdutyEvent)],
    ['alertmanager', two.alerts.map(postableAlert)],
    ['webhook', webhookBodyOf(two)],
    ['e-mail', { ...mailOf(two, 'Tracefold <alerts@acme.example>'), html: '(see message.test.ts)' }],
  ])('%s stays as it is', (_, body) => {
    expect(body).toMatchSnapshot()
  })
})

describe('an alert that ended though nobody saw its trouble end', () => {
  const peak = { count: 9_000, usual: 12, hosts: 5, windowMs: 300_000, why: '9,000 events', annotations: { note: 'nine thousand' } }
  const ended = aNotification({ alerts: [{ ...resolved(anAlert({ count: 3 })), ending: 'rule_gone', peak }] })

  it('is told with its ending and its peak', () => {
    const body = webhookBodyOf(ended)
    expect(webhookBody.parse(body)).toEqual(body)
    expect(body.alerts[0]).toMatchObject({
      status: 'resolved',
      ending: 'rule_gone',
      peak: { count: 9_000, usual: 12, hosts: 5, windowSeconds: 300, why: '9,000 events' },
    })
    expect(body.alerts[0]?.peak).not.toHaveProperty('annotations')
  })

  it.each(Object.entries(FORMATS))('says so, and nothing of resolved, to %s', (_, render) => {
    const text = render(ended)
    expect(text).toContain('ENDED, rule removed')
    expect(text).toContain('9,000 events in 5 min at the peak')
    expect(text).not.toMatch(/RESOLVED/)
  })

  it('closes the incident of PagerDuty', () => {
    expect(pagerdutyEvent(ended.alerts[0]!)).toMatchObject({
      event_action: 'resolve',
      payload: { custom_details: { Ended: expect.stringContaining('the rule was removed') } },
    })
  })
})

const HOSTILE = [
  '<!channel> <@U123> <https://evil.example|click here>',
  '<at id=all></at> <at user_id="all">everybody</at> <@all>',
  '[click here](https://evil.example) ![](https://evil.example/x.png) <https://evil.example>',
  '@all @everyone @所有人 @channel',
  '<script>alert(1)</script> <a href="https://evil.example">x</a> "onload="x',
  '**bold** `code` ~~gone~~\n# heading\n> quote\nhttps://evil.example/phish',
].join(' ')

const hostile = aNotification({
  group: HOSTILE,
  alerts: [
    anAlert({
      what: HOSTILE,
      culprit: HOSTILE,
      subject: { job: HOSTILE, environment: HOSTILE },
      why: HOSTILE,
      advice: HOSTILE,
      rule: { title: HOSTILE },
      links: [{ title: HOSTILE, url: 'https://tracefold.example.com/a|b>c)d(e?x=<y>&z=1' }],
      annotations: { [HOSTILE]: HOSTILE },
    }),
  ],
})

describe('a text from a log', () => {
  it('makes no tag, no mention and no link in Slack', () => {
    const body = FORMATS['slack']!(hostile)
    // The one link is ours.
    expect(body.match(/<[^>]*>/g)?.map((tag) => tag.split('|')[0])).toEqual([
      '<https://tracefold.example.com/a%7Cb%3Ec)d(e?x=%3Cy%3E&amp;z=1',
    ])
    expect(slackBody(hostile)).toMatchObject({ parse: 'none', link_names: false, mrkdwn: false })
    expect(
      slackBody(hostile)
        .attachments.flatMap(({ blocks }) => blocks)
        .every(({ text }) => text.verbatim),
    ).toBe(true)
  })

  it.each(['dingtalk', 'wecom'])('makes no tag, no mention and no link in %s', (name) => {
    const body = FORMATS[name]!(hostile)
    expect(body).not.toMatch(/[<>]/)
    expect(body.match(/\]\([^)]*\)/g)).toEqual(['](https://tracefold.example.com/a|b%3Ec%29d%28e?x=%3Cy%3E&z=1)'])
    expect(body).not.toMatch(/@(all|everyone|channel|所有人)/)
    expect(body.match(/https?:\/\//g)).toHaveLength(1)
  })

  it('mentions nobody in DingTalk', () => {
    expect(dingtalkBody(hostile).at).toEqual({ isAtAll: false })
  })

  it('stands in Feishu only where nothing is read as a tag', () => {
    const body = JSON.parse(FORMATS['feishu']!(hostile)) as { card: { elements: { tag: string; text?: { tag: string } }[] } }
    expect(body.card.elements.map(({ tag }) => tag)).toEqual(['div', 'action'])
    expect(FORMATS['feishu']!(hostile)).not.toMatch(/lark_md|"tag":"(at|a|markdown)"|@all/)
    expect(JSON.stringify(body.card.elements[0])).not.toContain('://')
  })

  it('makes no element and no attribute in an e-mail', () => {
    const page = html(messageOf(hostile))
    expect(page.match(/<a [^>]*>/g)).toEqual(['<a href="https://tracefold.example.com/a|b%3Ec)d(e?x=%3Cy%3E&amp;z=1">'])
    expect(page).not.toMatch(/<(script|img|at)/)
    expect(page).not.toContain('"onload')
  })

  it('adds no header to an e-mail', () => {
    const { subject } = mailOf(aNotification({ alerts: [anAlert({ what: 'x\r\nBcc: everybody@evil.example' })] }), 'a@b.example')
    expect(subject).not.toMatch(/[\r\n]/)
  })
})

/** 3 bytes a character, and as long as it gets. */
const long = '错误'.repeat(2_000)
const flood = (alerts: number): Notification =>
  aNotification({
    alerts: Array.from({ length: alerts }, (_, i) =>
      anAlert({
        key: `spike/${i}`,
        what: long,
        culprit: long,
        why: long,
        advice: long,
        rule: { title: long },
        subject: { job: `${i}${long}`, environment: long },
        annotations: { a: long, b: long, c: long, d: long, e: long, f: long },
      }),
    ),
  })

/** Only `&`: five times as long once it is escaped. */
const escaping = aNotification({
  alerts: [
    anAlert({
      what: '&'.repeat(9_000),
      culprit: '&'.repeat(9_000),
      why: '&'.repeat(9_000),
      advice: '&'.repeat(9_000),
      subject: { job: '&'.repeat(900) },
    }),
  ],
})

describe('a flood of alerts fits', () => {
  it.each([1, 2, 9, 500])('Slack: sections of 3,000 characters (%i alerts)', (alerts) => {
    const { attachments } = slackBody(flood(alerts))
    expect(Math.max(...attachments.flatMap(({ blocks }) => blocks.map(({ text }) => text.text.length)))).toBeLessThanOrEqual(3_000)
    expect(attachments.length).toBeLessThanOrEqual(11)
  })

  it.each([1, 2, 9, 500])('WeCom: 4,096 bytes (%i alerts)', (alerts) => {
    expect(Buffer.byteLength(wecomBody(flood(alerts)).markdown.content)).toBeLessThanOrEqual(4_096)
  })

  it.each([1, 2, 9, 500])('DingTalk and Feishu: 20,000 bytes (%i alerts)', (alerts) => {
    expect(Buffer.byteLength(FORMATS['dingtalk']!(flood(alerts)))).toBeLessThanOrEqual(18_000)
    expect(Buffer.byteLength(FORMATS['feishu']!(flood(alerts)))).toBeLessThanOrEqual(18_000)
  })

  it('Slack, where escaping makes texts five times as long', () => {
    expect(slackBody(escaping).attachments[0]?.blocks[0]?.text.text.length).toBeLessThanOrEqual(3_000)
  })

  it('PagerDuty: a summary of 1,024 characters', () => {
    expect(pagerdutyEvent(flood(1).alerts[0]!).payload.summary.length).toBeLessThanOrEqual(1_024)
  })

  it.each([
    ['slack', 10],
    ['wecom', 10],
    ['dingtalk', 10],
    ['feishu', 10],
    ['e-mail', 50],
  ])('%s, and says how many are not shown', (name, mostShown) => {
    const alerts = Array.from({ length: 300 }, (_, i) => anAlert({ key: `spike/${i}`, subject: { job: `job-${i}-` } }))
    const body = FORMATS[name]!(aNotification({ alerts }))
    const shown = new Set(body.match(/job-\d+-/g)).size
    expect(shown).toBeGreaterThanOrEqual(4)
    expect(shown).toBeLessThanOrEqual(mostShown)
    expect(body).toContain(`${300 - shown} more alerts are not shown.`)
    // The first are the worst.
    expect(body).toContain('job-0-')
  })
})

describe('labels for Alertmanager', () => {
  it('have names that every version takes, and no empty values', () => {
    const { labels } = postableAlert(anAlert({ labels: { 'a.b-c': 'x', '9lives': 'y', none: '' }, subject: { environment: null } }))
    expect(labels).toMatchObject({ a_b_c: 'x', _9lives: 'y', alertname: 'spike', job: 'orders' })
    expect(Object.keys(labels)).not.toContain('none')
    expect(Object.keys(labels)).not.toContain('environment')
  })

  it('do not change with the counts', () => {
    const before = postableAlert(anAlert())
    const after = postableAlert(anAlert({ count: 9_999, hosts: 7, why: 'more', what: 'same error, other words' }))
    expect(after.labels).toEqual(before.labels)
    expect(after.annotations).not.toEqual(before.annotations)
  })

  it('tell two alerts apart that differ in their key alone', () => {
    expect(postableAlert(anAlert({ key: 'a' })).labels).not.toEqual(postableAlert(anAlert({ key: 'b' })).labels)
  })

  it('never let an alert end before it starts', () => {
    const { startsAt, endsAt } = postableAlert(resolved(anAlert(), T0 - 1_000))
    expect(endsAt).toBe(startsAt)
  })
})

describe('an e-mail', () => {
  it('has the Message-ID of its notification, so that a repeat is the same mail', () => {
    expect(mailOf(two, 'Tracefold <alerts@acme.example>').messageId).toBe('<0123456789abcdef0123456789abcdef@acme.example>')
  })

  it('is in the thread of its alert, whatever else is in it', () => {
    const begin = mailOf(aNotification({ id: 'a' }), 'alerts@acme.example')
    const end = mailOf(
      aNotification({ id: 'b', alerts: [anAlert({ subject: { job: 'billing' } }), resolved(anAlert())] }),
      'alerts@acme.example',
    )
    expect(begin.references).toHaveLength(1)
    expect(end.references).toContain(begin.inReplyTo)
    expect(begin.messageId).not.toBe(end.messageId)
  })
})

describe('a PagerDuty event', () => {
  it('has one dedup_key for all episodes of an alert, and for its end', () => {
    const keys = [anAlert(), anAlert({ startsAtMs: T0 + 1 }), resolved(anAlert())].map((alert) => pagerdutyEvent(alert).dedup_key)
    expect(new Set(keys).size).toBe(1)
    expect(keys[0]?.length).toBeLessThanOrEqual(255)
  })

  it.each([
    ['critical', 'critical'],
    ['high', 'error'],
    ['medium', 'warning'],
    ['low', 'info'],
  ] as const)('is, for %s, of severity %s', (ours, theirs) => {
    expect(pagerdutyEvent(anAlert({ severity: ours })).payload.severity).toBe(theirs)
  })
})
