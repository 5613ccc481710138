/**
 * The receivers in the settings: a map from a name to what it is, whom it is for and when it is told. docs/receivers.md has one of each to copy.
 *
 *   alerts:
 *     receivers:
 *       oncall:
 *         type: slack
 *         urlFile: /run/secrets/slack-oncall      or urlEnv: SLACK_ONCALL
 *         match: { severity: [critical, high] }
 *
 * A secret `x` is never written here: `xFile` names the file that holds it, `xEnv` the environment variable (secrets.ts reads them). The addresses of Slack,
 * DingTalk, Feishu and WeCom are secrets, since they are all the login there is; other addresses may be, and are refused here when they look like it.
 */
import { z } from 'zod'

const MAX_RECEIVERS = 50
const ONE_DAY_MS = 86_400_000

const ms = (least = 0) => z.number().int().min(least, `expected whole milliseconds from ${least} on`)
const name = z.string().regex(/^[a-z][a-z0-9-]{0,40}$/, 'expected small letters, digits and dashes, a letter first, at most 41')
const field = z.string().regex(/^[A-Za-z_][A-Za-z0-9_.-]*$/, 'expected the name of a field or label')
/** An empty one is for alerts without the label. */
const pattern = z.string()
const file = z.string().min(1, 'expected the path of a file').optional()
const variable = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'expected the name of an environment variable')
  .optional()
const plainUrl = z
  .url({ protocol: /^https?$/, error: 'expected an http or https URL' })
  .refine(
    (text) => !/[@?#]/.test(text),
    'expected a URL without user name, password or query: one with them is a secret, and belongs into urlFile or urlEnv',
  )

const tls = {
  caFile: file.describe("Certificate authorities (PEM) to trust instead of the system's."),
  certFile: file.describe('Our client certificate (PEM).'),
  keyFile: file.describe('Its private key (PEM).'),
  verify: z.boolean().default(true).describe("Whether to check the server's certificate and name."),
}

interface Timing {
  readonly groupBy: readonly string[]
  readonly groupWaitMs: number
  readonly groupIntervalMs: number
  readonly timeoutMs: number
}

/** A channel that people read: one message for a rule, not one for each of its jobs. */
const CHANNEL: Timing = { groupBy: ['rule'], groupWaitMs: 10_000, groupIntervalMs: 60_000, timeoutMs: 10_000 }
/** Machines that group by themselves: each alert as soon as it is there. */
const MACHINE: Timing = { groupBy: ['alert'], groupWaitMs: 0, groupIntervalMs: 0, timeoutMs: 10_000 }

const routing = (timing: Timing) => ({
  match: z
    .record(field, z.union([pattern, z.array(pattern).min(1)]))
    .default({})
    .describe('Fields or labels with the patterns (* for anything) that an alert must match; all of them. Nothing: every alert.'),
  groupBy: z
    .array(field)
    .default([...timing.groupBy])
    .describe('Alerts that agree in these fields or labels share a message.'),
  groupWaitMs: ms().default(timing.groupWaitMs).describe('How long the first news of a group waits for more.'),
  groupIntervalMs: ms().default(timing.groupIntervalMs).describe('Least time between two messages of a group.'),
  repeatIntervalMs: ms(60_000)
    .default(4 * 3_600_000)
    .describe('What fires on is told again after this, then after twice this, and so on.'),
  maxRepeatIntervalMs: ms(60_000).default(ONE_DAY_MS).describe('Where the doubling ends.'),
  sendResolved: z.boolean().default(true).describe('Whether to tell that an alert has ended.'),
  timeoutMs: ms(100).default(timing.timeoutMs).describe('How long one answer may take.'),
})

const secretUrl = { urlFile: file, urlEnv: variable }
const login = { username: z.string().min(1).optional(), passwordFile: file, passwordEnv: variable }
const httpLogin = { ...login, bearerTokenFile: file, bearerTokenEnv: variable }
const signingSecret = { secretFile: file, secretEnv: variable }

const webhook = z.strictObject({
  type: z.literal('webhook'),
  url: plainUrl.optional(),
  ...secretUrl,
  ...signingSecret,
  ...httpLogin,
  ...tls,
  ...routing({ ...CHANNEL, groupWaitMs: 0, groupIntervalMs: 0 }),
})
const alertmanager = z.strictObject({
  type: z.literal('alertmanager'),
  urls: z.array(plainUrl).min(1),
  ...httpLogin,
  ...tls,
  match: routing(MACHINE).match,
  timeoutMs: routing(MACHINE).timeoutMs,
  resendEveryMs: ms(1_000)
    .default(60_000)
    .describe("What fires is sent again after this; it must lie well below Alertmanager's resolve_timeout (5 minutes)."),
  resendAfterResolvedMs: ms(1_000).default(300_000).describe('How long the end of an alert is sent again.'),
})
const slack = z.strictObject({ type: z.literal('slack'), ...secretUrl, ...tls, ...routing(CHANNEL) })
const dingtalk = z.strictObject({ type: z.literal('dingtalk'), ...secretUrl, ...signingSecret, ...tls, ...routing(CHANNEL) })
const feishu = z.strictObject({ type: z.literal('feishu'), ...secretUrl, ...signingSecret, ...tls, ...routing(CHANNEL) })
const wecom = z.strictObject({ type: z.literal('wecom'), ...secretUrl, ...tls, ...routing(CHANNEL) })
const pagerduty = z.strictObject({
  type: z.literal('pagerduty'),
  url: plainUrl.default('https://events.pagerduty.com'),
  routingKeyFile: file,
  routingKeyEnv: variable,
  ...tls,
  ...routing(MACHINE),
})
const address = z.string().regex(/^[^@\s<>,;]+@[^@\s<>,;]+$/, 'expected an e-mail address')
const email = z.strictObject({
  type: z.literal('email'),
  host: z.string().regex(/^[^\s/:@]+$|^[0-9a-fA-F:]+$/, 'expected a host name or address'),
  port: z.number().int().min(1).max(65_535).default(587),
  security: z
    .enum(['starttls', 'tls', 'none'])
    .default('starttls')
    .describe('starttls: required of the server. tls: from the first byte. none: in the clear.'),
  from: z
    .string()
    .regex(/^[^@\s<>,;]+@[^@\s<>,;]+$|^[^<>\r\n]*<[^@\s<>,;]+@[^@\s<>,;]+>$/, 'expected an e-mail address, or Name <address>'),
  to: z.array(address).min(1),
  ...login,
  ...tls,
  ...routing(CHANNEL),
})
const heartbeat = z.strictObject({
  type: z.literal('heartbeat'),
  url: plainUrl.optional(),
  ...secretUrl,
  ...tls,
  method: z.enum(['GET', 'POST']).default('GET'),
  everyMs: ms(1_000).default(60_000).describe('How often it is called while alerts are evaluated as they should be.'),
  timeoutMs: ms(100).default(10_000),
})

export const receiverSchema = z
  .discriminatedUnion('type', [webhook, alertmanager, slack, dingtalk, feishu, wecom, pagerduty, email, heartbeat], {
    error: 'expected a type: webhook, alertmanager, slack, dingtalk, feishu, wecom, pagerduty, email or heartbeat',
  })
  .superRefine(secretsAreWhole)

export const receiversSchema = z
  .record(name, receiverSchema)
  .refine((receivers) => Object.keys(receivers).length <= MAX_RECEIVERS, `expected at most ${MAX_RECEIVERS} receivers`)
  .describe('map from a name to a receiver, see docs/receivers.md (a JSON object in the variable)')

export type ReceiverSettings = z.output<typeof receiverSchema>
export type ReceiversSettings = z.output<typeof receiversSchema>

/** Which secrets a type has to have, may have; `url` in the clear is one way to have it. */
export const SECRETS: Readonly<Record<ReceiverSettings['type'], readonly { readonly name: string; readonly required: boolean }[]>> = {
  webhook: [
    { name: 'url', required: true },
    { name: 'secret', required: false },
    { name: 'bearerToken', required: false },
    { name: 'password', required: false },
  ],
  alertmanager: [
    { name: 'bearerToken', required: false },
    { name: 'password', required: false },
  ],
  slack: [{ name: 'url', required: true }],
  dingtalk: [
    { name: 'url', required: true },
    { name: 'secret', required: false },
  ],
  feishu: [
    { name: 'url', required: true },
    { name: 'secret', required: false },
  ],
  wecom: [{ name: 'url', required: true }],
  pagerduty: [{ name: 'routingKey', required: true }],
  email: [{ name: 'password', required: false }],
  heartbeat: [{ name: 'url', required: true }],
}

function secretsAreWhole(receiver: { readonly type: ReceiverSettings['type'] }, context: z.RefinementCtx): void {
  const given = new Set(Object.entries(receiver).flatMap(([key, value]) => (value === undefined ? [] : [key])))
  const complain = (path: string, message: string): void => void context.addIssue({ code: 'custom', path: [path], message })
  for (const { name: secret, required } of SECRETS[receiver.type]) {
    const ways = [secret, `${secret}File`, `${secret}Env`].filter((way) => given.has(way))
    if (ways.length > 1) complain(ways[1]!, `expected only one of ${ways.join(' and ')}`)
    if (ways.length === 0 && required) complain(`${secret}File`, `expected ${secret}File or ${secret}Env`)
  }
  const hasPassword = given.has('passwordFile') || given.has('passwordEnv')
  if (given.has('username') !== hasPassword) complain('username', 'expected a username and passwordFile or passwordEnv, or neither')
  if (hasPassword && (given.has('bearerTokenFile') || given.has('bearerTokenEnv')))
    complain('username', 'expected a username or a bearer token, not both')
  if (given.has('certFile') !== given.has('keyFile')) complain('keyFile', 'expected certFile and keyFile, or neither')
}
