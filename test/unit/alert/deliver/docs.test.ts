/** docs/receivers.md is to be copied from: what stands there works. */
import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { parse } from 'yaml'
import { RECEIVER_TYPES } from '../../../../src/alert/deliver/receiver.ts'
import { REPLAY_WINDOW_SECONDS, webhookBody } from '../../../../src/alert/deliver/receivers/webhook.ts'
import { receiversSchema } from '../../../../src/alert/deliver/settings.ts'
import { T0 } from '../../../support/builders.ts'

const page = readFileSync(new URL('../../../../docs/receivers.md', import.meta.url), 'utf8')
const blocks = (language: string): string[] =>
  [...page.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\``, 'gm'))].map(([, code = '']) => code)

it.each([
  ['every example', (code: string) => code],
  ['every example with all that is commented out', (code: string) => code.replaceAll(/^( *)# (?=\w+:)/gm, '$1')],
])('%s can be copied into the settings', (_, edit) => {
  const receivers = blocks('yaml').map((code) => (parse(edit(code)) as { alerts: { receivers: unknown } }).alerts.receivers)
  const types = receivers.flatMap((one) => Object.values(receiversSchema.parse(one)).map(({ type }) => type))
  expect(new Set(types)).toEqual(new Set([...RECEIVER_TYPES, 'heartbeat']))
})

it('the body is one that we send', () => {
  const bodies = blocks('json').map((code) => webhookBody.safeParse(JSON.parse(code)).error)
  expect(bodies).toEqual([undefined])
})

it('the code verifies our signature, and no other', async () => {
  const { isGenuine } = (await import(`data:text/javascript,${encodeURIComponent(blocks('js').join('\n'))}`)) as {
    isGenuine: (headers: Record<string, string>, body: string, secret: string, nowSeconds: number) => boolean
  }
  const seconds = T0 / 1_000
  const headers = {
    'webhook-id': 'a',
    'webhook-timestamp': String(seconds),
    'webhook-signature': `v1,${createHmac('sha256', 'secret').update(`a.${seconds}.{}`).digest('base64')}`,
  }
  expect(isGenuine(headers, '{}', 'secret', seconds + REPLAY_WINDOW_SECONDS)).toBe(true)
  expect(isGenuine(headers, '{}', 'secret', seconds + REPLAY_WINDOW_SECONDS + 1)).toBe(false)
  expect(isGenuine(headers, '{ }', 'secret', seconds)).toBe(false)
  expect(isGenuine(headers, '{}', 'another', seconds)).toBe(false)
  expect(isGenuine({ ...headers, 'webhook-id': 'b' }, '{}', 'secret', seconds)).toBe(false)
  expect(isGenuine({}, '{}', 'secret', seconds)).toBe(false)
})
