import { describe, expect, it } from 'vitest'
import { NO_REDACTION_RULES } from '../../../src/decode/redaction-file.ts'
import { createRedactor } from '../../../src/decode/redactor.ts'
import { eventOf, sample } from './samples.ts'

const { redact, redactBytes, redactEvent, redactValue } = createRedactor(NO_REDACTION_RULES)
const FRAME = '\tat a.B.c(B.java:1)'
/** In two parts, so that nobody takes this file for a leak. */
const VENDOR_KEYS = [
  ['ghp_', '16C7e42F292c6912E7710c838347Ae178B4a'],
  ['github_pat_', '11ABCDEFG0123456789012_abcdefghijklmnop'],
  ['AKIA', 'IOSFODNN7EXAMPLE'],
  ['xoxb-', '123456789012-abcdefGHIJKL'],
  ['sk_live_', '4eC39HqLyjWDarjtT1zdp7dc'],
  ['AIza', 'SyA1234567890abcdefghijklmnopqrstuvw'],
  ['glpat-', 'abcdefghij0123456789'],
  ['npm_', 'abcdefghijklmnopqrstuvwxyz0123456789'],
  ['SG.', 'abcdefghijklmnopqrst12.abcdefghijklmnopqrstuvwx'],
  ['hvs.', 'CAESIAbcdefghijklmnopqrstuvwxyz'],
  ['sk-proj-', 'abcdefghijklmnopqrstuvwxyz0123456789'],
] as const
/** Names that begin as keys do. */
const NAMES = [
  'sk-payments-gateway-canary-deployment-of-today',
  'xoxo-hello-world-from-us',
  'pk_test_constraintname',
  'rk_live_replication',
  'SG.OrdersRepositoryImpl.findAllByCustomerName',
  '123456789:AAPL-trade-2026-11-21-with-a-name-that-is-long',
]
const PEM_BEGIN = ['-----BEGIN RSA', 'PRIVATE KEY-----'].join(' ')
const PEM_END = ['-----END RSA', 'PRIVATE KEY-----'].join(' ')

describe('redact', () => {
  it.each([
    ['mail to alice.b+c@mail.example.com now', 'mail to [redacted:email] now'],
    ['cc a@b.com-c@d.com, d@e.org.', 'cc [redacted:email], [redacted:email].'],
    ['jdbc:mysql://app:pa@ss:w0rd@db:3306/x', 'jdbc:mysql://app:[redacted:password]@db:3306/x'],
    ['redis://:4111 1111 1111 1111@cache', 'redis://:[redacted:password]@cache'],
    ['redis://:hunter2@cache', 'redis://:[redacted:password]@cache'],
    ['login failed password=hunter2, retry', 'login failed password=[redacted:secret], retry'],
    ['Passwd: hunter2', 'Passwd: [redacted:secret]'],
    ['{"password":"hunter 2","user":"x"}', '{"password":"[redacted:secret]","user":"x"}'],
    ['{"m":"{\\"api_key\\":\\"abc\\",\\"n\\":1}"}', '{"m":"{\\"api_key\\":\\"[redacted:secret]\\",\\"n\\":1}"}'],
    ['client_secret=abc&x=1 access_token=def', 'client_secret=[redacted:secret]&x=1 access_token=[redacted:secret]'],
    ['secretKey = abc, apiKey=def', 'secretKey = [redacted:secret], apiKey=[redacted:secret]'],
    ['Authorization: Bearer abc.def', 'Authorization: Bearer [redacted:authorization]'],
    ['authorization=Basic dXNlcjpwdw==', 'authorization=Basic [redacted:authorization]'],
    ['sent bearer a1b2c3d4e5', 'sent bearer [redacted:authorization]'],
    ['jwt eyJhbGciOiJIUzI1NiJ9.e30.abc end', 'jwt [redacted:jwt] end'],
    ['card 4111 1111 1111 1111 and 4111-1111-1111-1111.', 'card [redacted:card] and [redacted:card].'],
    [
      `a.X: token=t1\n${FRAME}\nCaused by: a.Y: token=t2\n${FRAME}`,
      `a.X: token=[redacted:secret]\n${FRAME}\nCaused by: a.Y: token=[redacted:secret]\n${FRAME}`,
    ],
    ['a.X: y\n\tat night password=hunter2\n', 'a.X: y\n\tat night password=[redacted:secret]\n'],
  ])('%j', (text, expected) => {
    expect(redact(text)).toBe(expected)
  })

  it.each([
    ['{authorization=[Basic dXNlcjpwdw==]}', '{authorization=[Basic [redacted:authorization]]}'],
    ['[Authorization:"Bearer abc", Host:"x"]', '[Authorization:"Bearer [redacted:authorization]", Host:"x"]'],
    ['Authorization: ApiKey VnVhQ2ZH==', 'Authorization: ApiKey [redacted:authorization]'],
    ['GET / Cookie: JSESSIONID=1A2B; theme=dark\nHost: x', 'GET / Cookie: [redacted:secret]\nHost: x'],
    ['{set-cookie=[sid=1A2B; Path=/]}', '{set-cookie=[[redacted:secret]]}'],
    ['/a;jsessionid=1A2B?x=1', '/a;jsessionid=[redacted:secret]'],
    [`password="it's s3cr3t", x`, 'password="[redacted:secret]", x'],
    ['password="s3\\"cr3t", x', 'password="[redacted:secret]", x'],
    ['password="s3\\\\", user="x"', 'password="[redacted:secret]", user="x"'],
    ['{"m":"{\\"password\\":\\"a\\\\\\"b\\",\\"n\\":1}"} ', '{"m":"{\\"password\\":\\"[redacted:secret]\\",\\"n\\":1}"} '],
    [`password='not closed\nnext`, `password='[redacted:secret]\nnext`],
    ['password=s3(cr3t)x, y', 'password=[redacted:secret], y'],
    ['User(name=x, password=s3cr3t)', 'User(name=x, password=[redacted:secret])'],
    [`password=it's, y`, 'password=[redacted:secret], y'],
    ['password={cipher}a1b2c3 y', 'password=[redacted:secret] y'],
    ['{password=[s3cr3t], x=[y]}', '{password=[[redacted:secret]], x=[y]}'],
    ['Login[Password[s3cr3t]]', 'Login[Password[[redacted:secret]]]'],
    ['<user>x</user><password>s3cr3t</password>', '<user>x</user><password>[redacted:secret]</password>'],
    ['<ns:Password type="text">s3 cr3t</ns:Password>', '<ns:Password type="text">[redacted:secret]</ns:Password>'],
    ['user=x&pass=s3cr3t {"pass": "s3cr3t"}', 'user=x&pass=[redacted:secret] {"pass": "[redacted:secret]"}'],
    ['spark-submit --password s3cr3t --class X', 'spark-submit --password [redacted:secret] --class X'],
    ['AccountKey=abc/def+g==;EndpointSuffix=x', 'AccountKey=[redacted:secret];EndpointSuffix=x'],
    ['clone https://s3cr3t@git.example.com/x', 'clone https://[redacted:password]@git.example.com/x'],
    ['jdbc:oracle:thin:scott/tiger@//db:1521/x', 'jdbc:oracle:thin:scott/[redacted:password]@//db:1521/x'],
  ])('%j', (text, expected) => {
    expect(redact(text)).toBe(expected)
    expect(redact(expected)).toBe(expected)
  })

  it.each(NAMES)('a name that begins as keys do is none: %s', (name) => {
    expect(redact(`${name} failed`)).toBe(`${name} failed`)
  })

  it.each(VENDOR_KEYS)('a key that is known by how it begins: %s', (begin, rest) => {
    const key = begin + rest
    expect(redact(`denied for ${key}, asked again`)).toBe('denied for [redacted:key], asked again')
    expect(redact(`{"m":"x=${key}"}`)).toBe('{"m":"x=[redacted:key]"}')
    expect(redact(`no${key}`)).toBe(`no${key}`)
  })

  it('the address of a webhook, which is its key', () => {
    expect(redact(['POST https://hooks.slack.com/services', 'T0/B0/Xy1 failed'].join('/'))).toBe(
      'POST https://hooks.slack.com/services/[redacted:key] failed',
    )
    expect(redact('GET https://a.blob.example.com/c?sv=1&sig=abcdefghij0123456789%3D&se=2')).toBe(
      'GET https://a.blob.example.com/c?sv=1&sig=[redacted:key]&se=2',
    )
  })

  it.each([
    ['whole', `${PEM_BEGIN}\nMIIEvQ\nIBAD==\n${PEM_END}`, ''],
    ['with its lines escaped', `${PEM_BEGIN}\\nMIIEvQ\\nIBAD==\\n${PEM_END}`, ''],
    ['encrypted', `${PEM_BEGIN}\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,0A1B\n\nMIIEvQ\n${PEM_END}`, ''],
    ['cut', `${PEM_BEGIN}\n${'MIIEvQIB'.repeat(8)}\nMIIE`, ''],
    ['only named', `expected ${PEM_BEGIN} in key.pem`, `expected ${PEM_BEGIN} in key.pem`],
  ])('a private key that is %s', (_, pem, left) => {
    expect(redact(`key: ${pem}`)).toBe(`key: ${left || '[redacted:key]'}`)
  })

  it.each([
    'Unexpected token: END_OBJECT, expected VALUE_STRING',
    "Unexpected token: 'foo'",
    'Current token: START_ARRAY',
    'password=null, token = none, secret: ****',
    'ssl.key.password = [hidden]',
    "Access denied for user 'orders'@'db' (using password: YES)",
    'a.SecretManager$InvalidToken: token (HDFS_DELEGATION_TOKEN token 4711 for flink) is expired',
    'the first pass: 3 of 4',
    'com.acme.Token[] tokens',
    'glance-registry-deployment-of-the-east',
    'task-0123456789abcdef0123456789abcdef',
    'Bearer authentication failed',
    "Unrecognized token 'foo': was expecting",
    'com.acme.Order@1f2e3d4c at user@host',
    'order 4111111111111112 of 1785578400100 and 1785578400123456789',
    'job 8f2c1d0e9b7a46f5a3c2b1d0e9f8a7b6 trace 4bf92f3577b34da6a3ce929d0e0e4736',
    'https://example.com:8080/a?x=1@2',
    'key=value monkey: banana',
    `java.lang.X: y\n${FRAME}\n\tat a.Token.read(Token.java:5) ~[jar:1]\n`,
    '',
  ])('leaves %j alone', (text) => {
    expect(redact(text)).toBe(text)
  })

  it('takes time in proportion to a hostile text', () => {
    const hostile = [
      'a',
      'a.',
      'a@',
      '1 ',
      '12',
      'token',
      'token=',
      '://a:',
      'eyJ',
      'bearer ',
      '\tat \n',
      '\n\tat x)',
      'password"',
      'password="',
      "password='\\",
      'password=a(',
      'password>',
      'password x',
      '--password ',
      'authorization=[',
      'cookie: a=',
      'https://',
      'jdbc:oracle:a:b/',
      '--',
      'ghp_',
      PEM_BEGIN,
      `${PEM_BEGIN} `,
      '\\',
      '\\"',
    ].map((unit) => unit.repeat(200_000 / unit.length))
    // A pattern that goes over the text once for each of its characters would take minutes: far past this test's time limit.
    for (const text of hostile) expect(redact(text).length).toBeGreaterThan(0)
  })
})

describe('redactValue', () => {
  it('goes by the name of the key, too', () => {
    expect([redactValue('db.password', 'x'), redactValue('accessToken', 'x'), redactValue('job', 'x')]).toEqual([
      '[redacted:secret]',
      '[redacted:secret]',
      'x',
    ])
  })
})

describe('redactBytes', () => {
  it('changes nothing but the secret, whatever the bytes are', () => {
    const around = Buffer.from(Array.from({ length: 256 }, (_, i) => i))
    const bytes = Buffer.concat([around, Buffer.from('token=abc '), around])
    expect(redactBytes(bytes)).toEqual(Buffer.concat([around, Buffer.from('token=[redacted:secret] '), around]))
  })

  it('gives clean bytes back as they are', () => {
    const bytes = sample('malformed/trailing-nul.bin')
    expect(redactBytes(bytes)).toBe(bytes)
  })
})

describe('redactEvent', () => {
  it('gives a clean event back as it is', () => {
    for (const file of ['log4j2-JsonLayout-default', 'log4j2-JTL-EcsLayout', 'logback-JsonEncoder']) {
      const event = eventOf(sample(`layouts/${file}.ndjson`))
      expect(redactEvent(event)).toBe(event)
    }
  })

  it('leaves no secret in any text of an event', () => {
    const thrown = {
      name: 'a.B',
      message: 'token=S1',
      cause: { name: 'a.C', message: 'pwd=S2' },
      suppressed: [{ name: 'a.D', message: 'secret: S3' }],
    }
    const record = {
      loggerFqcn: 'f',
      level: 'ERROR',
      message: 'password=S4',
      contextStack: ['token=S5'],
      contextMap: { password: 'S6', note: 'mail S7@x.org' },
      thrown,
    }
    const event = redactEvent(eventOf(record))
    expect(JSON.stringify([event, ...event.context])).not.toMatch(/S\d/)
    expect(event.context.get('note')).toBe('mail [redacted:email]')
  })

  it('keeps a trace beginning with type and message', () => {
    const text = 'a.InvalidToken: abc password=x\n\tat a.B.c(B.java:1)\n'
    const record = {
      'ecs.version': '1',
      'log.level': 'ERROR',
      message: 'm',
      'error.type': 'a.InvalidToken',
      'error.message': 'abc password=x',
      'error.stack_trace': text,
    }
    const event = redactEvent(eventOf(record))
    expect(event.throwable).toMatchObject({
      message: 'abc password=[redacted:secret]',
      text: 'a.InvalidToken: abc password=[redacted:secret]\n\tat a.B.c(B.java:1)\n',
    })
  })

  it('redacts the hostile sample wholly', () => {
    expect(redactEvent(eventOf(sample('malformed/secrets-in-message.bin'))).message).toBe(
      'login failed password=[redacted:secret] token=[redacted:jwt] card [redacted:card] mail [redacted:email] phone 13800138000',
    )
  })
})
