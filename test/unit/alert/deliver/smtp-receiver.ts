/** A small SMTP server (RFC 5321 with STARTTLS and AUTH PLAIN) that keeps what mails came, and says no where a test wants it to. */
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { createServer as createTlsServer, TLSSocket } from 'node:tls'

export interface Mail {
  readonly from: string
  readonly to: readonly string[]
  /** Header and body, dots unstuffed. */
  readonly data: string
  readonly secure: boolean
  readonly user: string | null
}

export interface SmtpReceiver {
  readonly port: number
  readonly mails: readonly Mail[]
  /** A command's first word (or `GREETING`, `END` for the end of the data, `RCPT address`) and what is answered in place of yes; null: nothing, for ever. */
  readonly answers: Map<string, string | null>
  close(): Promise<void>
}

export interface SmtpOptions {
  readonly tls?: { readonly key: string; readonly cert: string }
  /** TLS from the first byte. */
  readonly implicitTls?: boolean
  readonly login?: { readonly username: string; readonly password: string }
}

export async function startSmtp({ tls, implicitTls = false, login }: SmtpOptions = {}): Promise<SmtpReceiver> {
  const mails: Mail[] = []
  const answers = new Map<string, string | null>()
  const sockets = new Set<Socket>()
  const onConnection = (socket: Socket): void => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket)).on('error', () => {})
    talk(socket, implicitTls, true)
  }

  function talk(socket: Socket, secure: boolean, greet: boolean): void {
    let from = ''
    let to: string[] = []
    let user: string | null = null
    let data: string[] | null = null
    let held = ''
    const say = (command: string, yes: string): void => {
      const answer = answers.has(command) ? answers.get(command) : yes
      if (answer) socket.write(`${answer}\r\n`)
    }
    const onCommand = (line: string): void => {
      const [command = ''] = line.toUpperCase().split(/[ :]/)
      if (command === 'EHLO')
        return say(
          command,
          [
            '250-test',
            ...(tls !== undefined && !secure ? ['250-STARTTLS'] : []),
            ...(login === undefined ? [] : ['250-AUTH PLAIN']),
            '250 8BITMIME',
          ].join('\r\n'),
        )
      if (command === 'STARTTLS' && tls !== undefined) {
        socket.removeAllListeners('data')
        say(command, '220 go on')
        return talk(
          new TLSSocket(socket, { isServer: true, ...tls }).on('error', () => {}),
          true,
          false,
        )
      }
      if (command === 'AUTH') {
        const [, name, password] = Buffer.from(line.split(' ')[2] ?? '', 'base64')
          .toString()
          .split('\0')
        if (name !== login?.username || password !== login?.password)
          return void socket.write(`535 5.7.8 wrong password for ${name} ${password}\r\n`)
        user = name ?? null
        return say(command, '235 welcome')
      }
      if (command === 'MAIL') {
        from = /<(.*?)>/.exec(line)?.[1] ?? ''
        to = []
        return say(command, login !== undefined && user === null ? '530 5.7.0 log in first' : '250 ok')
      }
      if (command === 'RCPT') {
        const address = /<(.*?)>/.exec(line)?.[1] ?? ''
        if (!answers.has(`RCPT ${address}`)) to.push(address)
        return say(`RCPT ${address}`, '250 ok')
      }
      if (command === 'DATA') {
        data = []
        return say(command, '354 go on')
      }
      if (command === 'QUIT') return void socket.end('221 bye\r\n')
      socket.write('502 what?\r\n')
    }
    const onLine = (line: string): void => {
      if (data === null) return onCommand(line)
      if (line !== '.') return void data.push(line.startsWith('.') ? line.slice(1) : line)
      if (!answers.has('END')) mails.push({ from, to, data: data.join('\r\n'), secure, user })
      data = null
      say('END', '250 taken')
    }
    socket.on('data', (chunk: Buffer) => {
      held += chunk.toString('utf8')
      for (let at = held.indexOf('\r\n'); at !== -1; at = held.indexOf('\r\n')) {
        const line = held.slice(0, at)
        held = held.slice(at + 2)
        onLine(line)
      }
    })
    if (greet) say('GREETING', '220 test ESMTP')
  }

  const server =
    implicitTls && tls !== undefined ? createTlsServer({ ...tls }, onConnection).on('tlsClientError', () => {}) : createServer(onConnection)
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  return {
    // A server that listens on a port has an AddressInfo.
    port: (server.address() as AddressInfo).port,
    mails,
    answers,
    close: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((closed) => server.close(closed))
    },
  }
}
