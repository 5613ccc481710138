import { afterEach, describe, expect, it } from 'vitest'
import type { Receiver } from '../../../../src/alert/deliver/receiver.ts'
import { createEmail, type EmailOptions } from '../../../../src/alert/deliver/receivers/email.ts'
import { scrubber } from '../../../../src/alert/deliver/scrub.ts'
import { Secret } from '../../../../src/lib/secret.ts'
import { selfSigned } from '../../config/self-signed.ts'
import { aNotification, anAlert } from './alerts.ts'
import { startSmtp, type SmtpOptions, type SmtpReceiver } from './smtp-receiver.ts'

const PASSWORD = 'hunter2-and-more'
const login = { username: 'tracefold', password: PASSWORD }
const tls = selfSigned('mail')
const open: (Receiver | SmtpReceiver)[] = []

afterEach(async () => {
  for (const one of open.splice(0)) await one.close()
})

async function serve(options: SmtpOptions = {}): Promise<SmtpReceiver> {
  const server = await startSmtp(options)
  open.push(server)
  return server
}

function mailer(
  server: SmtpReceiver,
  over: Partial<EmailOptions> = {},
): { readonly receiver: Receiver; readonly warnings: readonly string[] } {
  const warnings: string[] = []
  const receiver = createEmail({
    name: 'mail',
    host: '127.0.0.1',
    port: server.port,
    security: 'none',
    tls: { rejectUnauthorized: true, ca: tls.cert },
    login: null,
    from: 'Tracefold <alerts@acme.example>',
    to: ['oncall@acme.example', 'team@acme.example'],
    timeoutMs: 3_000,
    scrub: scrubber([PASSWORD]),
    warn: (message) => void warnings.push(message),
    ...over,
  })
  open.unshift(receiver)
  return { receiver, warnings }
}

const signal = new AbortController().signal

describe('an e-mail', () => {
  it('comes as text and HTML, to all, with the ids by which it is recognised', async () => {
    const server = await serve()
    await mailer(server).receiver.send(aNotification(), signal)
    const [mail] = server.mails
    expect(mail).toMatchObject({ from: 'alerts@acme.example', to: ['oncall@acme.example', 'team@acme.example'], secure: false })
    const header = mail!.data.slice(0, mail!.data.indexOf('\r\n\r\n')).replaceAll(/\r\n\s+/g, ' ')
    expect(header).toContain('Message-ID: <0123456789abcdef0123456789abcdef@acme.example>')
    expect(header).toMatch(/References: <alert-[0-9a-f]{32}@acme\.example>/)
    expect(header).toMatch(/In-Reply-To: <alert-[0-9a-f]{32}@acme\.example>/)
    expect(header).toContain('Subject: [FIRING, high] ConnectException: Connection refused: <*> in orders (production)')
    expect(header).toContain('Auto-Submitted: auto-generated')
    expect(mail!.data).toContain('Content-Type: text/plain; charset=utf-8')
    expect(mail!.data).toContain('Content-Type: text/html; charset=utf-8')
  })

  it('is the same mail at each try', async () => {
    const server = await serve()
    server.answers.set('END', '451 4.3.0 try again later')
    const { receiver } = mailer(server)
    await expect(receiver.send(aNotification(), signal)).rejects.toMatchObject({ retriable: true })
    server.answers.clear()
    await receiver.send(aNotification(), signal)
    await receiver.send(aNotification(), signal)
    expect(new Set(server.mails.map(({ data }) => /Message-ID: (.*)/.exec(data)?.[1])).size).toBe(1)
  })

  it('goes through STARTTLS, with the login', async () => {
    const server = await serve({ tls, login })
    await mailer(server, { security: 'starttls', login: { username: 'tracefold', password: new Secret(PASSWORD) } }).receiver.send(
      aNotification(),
      signal,
    )
    expect(server.mails).toMatchObject([{ secure: true, user: 'tracefold' }])
  })

  it('goes through TLS from the first byte', async () => {
    const server = await serve({ tls, implicitTls: true })
    await mailer(server, { security: 'tls' }).receiver.send(aNotification(), signal)
    expect(server.mails).toMatchObject([{ secure: true }])
  })

  it('does not go in the clear where STARTTLS is asked for and not offered', async () => {
    const server = await serve()
    await expect(mailer(server, { security: 'starttls' }).receiver.send(aNotification(), signal)).rejects.toMatchObject({
      name: 'DeliveryError',
    })
    expect(server.mails).toEqual([])
  })

  it('does not go to a server whose certificate nobody vouches for', async () => {
    const server = await serve({ tls })
    await expect(
      mailer(server, { security: 'starttls', tls: { rejectUnauthorized: true } }).receiver.send(aNotification(), signal),
    ).rejects.toMatchObject({ name: 'DeliveryError', message: expect.stringContaining('self-signed certificate') as string })
    expect(server.mails).toEqual([])
  })
})

describe('an SMTP server that says', () => {
  it.each([
    ['MAIL', '421 4.3.2 closing down', true],
    ['END', '452 4.3.1 no space', true],
    ['END', '554 5.7.1 spam', false],
    ['MAIL', '530 5.7.0 log in first', false],
    ['GREETING', '554 go away', false],
    ['DATA', '550 no', false],
  ])('%s: %s', async (command, answer, retriable) => {
    const server = await serve()
    server.answers.set(command, answer)
    await expect(mailer(server).receiver.send(aNotification(), signal)).rejects.toMatchObject({
      name: 'DeliveryError',
      retriable,
      message: expect.stringContaining(answer) as string,
    })
  })

  it('that the password is wrong is a refusal, told without the password', async () => {
    const server = await serve({ login: { ...login, password: 'another' } })
    const error = await mailer(server, { login: { username: 'tracefold', password: new Secret(PASSWORD) } })
      .receiver.send(aNotification(), signal)
      .catch((reason: unknown) => reason)
    expect(error).toMatchObject({ retriable: false, message: expect.stringContaining('wrong password for tracefold [secret]') as string })
    expect(JSON.stringify(error)).not.toContain(PASSWORD)
  })

  it('nothing is busy', async () => {
    const server = await serve()
    server.answers.set('GREETING', null)
    await expect(mailer(server, { timeoutMs: 200 }).receiver.send(aNotification(), signal)).rejects.toMatchObject({ retriable: true })
  })

  it('that one address is unknown gets the mail to the others, and we are warned', async () => {
    const server = await serve()
    server.answers.set('RCPT team@acme.example', '550 5.1.1 unknown')
    const { receiver, warnings } = mailer(server)
    await receiver.send(aNotification(), signal)
    expect(server.mails).toMatchObject([{ to: ['oncall@acme.example'] }])
    expect(warnings).toEqual(['e-mail mail: the server takes no mail for team@acme.example; the others have it'])
  })

  it('that all addresses are unknown is a refusal', async () => {
    const server = await serve()
    for (const address of ['oncall', 'team']) server.answers.set(`RCPT ${address}@acme.example`, '550 5.1.1 unknown')
    await expect(mailer(server).receiver.send(aNotification(), signal)).rejects.toMatchObject({ retriable: false })
  })

  it('that all addresses are greylisted is busy', async () => {
    const server = await serve()
    for (const address of ['oncall', 'team']) server.answers.set(`RCPT ${address}@acme.example`, '450 4.2.0 greylisted')
    await expect(mailer(server).receiver.send(aNotification(), signal)).rejects.toMatchObject({ retriable: true })
  })
})

it('a server that is away may be back', async () => {
  const server = await serve()
  await server.close()
  await expect(mailer(server).receiver.send(aNotification(), signal)).rejects.toMatchObject({
    retriable: true,
    message: expect.stringMatching(/^127\.0\.0\.1:\d+: /) as string,
  })
})

it('a stop ends the sending with `aborted`', async () => {
  const server = await serve()
  server.answers.set('GREETING', null)
  const stop = new AbortController()
  const sending = mailer(server).receiver.send(aNotification(), stop.signal)
  stop.abort()
  await expect(sending).rejects.toMatchObject({ code: 'aborted' })
})

it('text of a log that looks like SMTP is text of the mail', async () => {
  const server = await serve()
  await mailer(server).receiver.send(
    aNotification({ alerts: [anAlert({ what: '.', why: '\r\n.\r\nMAIL FROM:<x@evil.example>' })] }),
    signal,
  )
  expect(server.mails).toHaveLength(1)
})
