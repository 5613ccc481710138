/** Lines of 1 MiB, each full of one thing that parsers and expressions stumble over: as a message, as a trace, as a structure, and bare. Pure. */

const BYTES = 1_048_576
const TEXTS: Readonly<Record<string, string>> = {
  words: 'order failed ', 'one token': 'x', digits: '1', 'single quotes': "'", 'double quotes': '"', 'equal signs': '=', 'opening brackets': '[', 'closing brackets': ']', braces: '{',
  'round brackets': '(', dots: '.', 'a.b.': 'a.b.', 'at a.b.': 'at a.b.', frames: '\n\tat a.b.C.d(C.java:1)', 'frames of one line': '\tat a.b.C.d(C.java:1)', causes: '\nCaused by: a.b.C: x', 'suppressed ones': '\n\tSuppressed: a.b.C: x',
  'causes with frames': '\nCaused by: a.b.C: x\n\tat a.b.C.d(C.java:1)', elisions: '\n\t... 7 more', colons: ': ', 'double colons': '::', slashes: '/', 'web addresses': 'http://a/', schemes: '://', dollars: '$', 'dollars and digits': '$1', lambdas: '$$Lambda$1/0x1',
  'e-mail addresses': 'a@b.c ', 'at signs': '@', 'key and value': 'password=x ', hexadecimals: 'deadBEEF', 'IPv6 addresses': '2001:db8::1:', minus: '-', 'card numbers': '4111 1111 ', percent: '%41', 'line ends': '\n', tabs: '\t', blanks: ' ',
  'escaped quotes': '\\"', backslashes: '\\', astral: '𝕊', marks: 'e\u0301', commas: ',', 'holes': '<*> ', 'users': 'for user ', 'Base64': 'QUJD', JSON: '{"a":[', 'heartbeat of ': 'heartbeat of ', 'nested exceptions': 'java.lang.E: ',
}

export function* hostileLines(): Generator<[name: string, lines: readonly Buffer[]]> {
  for (const [name, scrap] of Object.entries(TEXTS)) {
    const text = scrap.repeat(Math.ceil(BYTES / Buffer.byteLength(scrap)))
    const ecs = { '@timestamp': '2026-03-10T12:00:00.000Z', 'log.level': 'ERROR', 'ecs.version': '1.2.0', 'log.logger': 'a.B', message: 'm' }
    yield [
      name,
      [
        json({ ...ecs, message: text }),
        json({ ...ecs, 'error.type': 'a.E', 'error.message': 'x', 'error.stack_trace': `a.E: x${text}` }),
        json({ ...ecs, 'error.type': 'a.E', 'error.message': text, 'error.stack_trace': `a.E: ${text}\n\tat a.B.c(B.java:1)\n` }),
        json({ level: 'ERROR', loggerFqcn: 'a', endOfBatch: false, timeMillis: 1, loggerName: text, message: 'm', thrown: { name: text, message: text, extendedStackTrace: [{ class: text, method: text, file: text, line: 1 }] } }),
        Buffer.from(text),
      ],
    ]
  }
  yield ['many causes', [json(thrown(12_000))]]
  yield ['deep nesting', [Buffer.from('{"a":'.repeat(BYTES / 5)), Buffer.from('['.repeat(BYTES)), Buffer.from(`{"message":"m","level":"ERROR","x":${'['.repeat(400_000)}${']'.repeat(400_000)}}`)]]
  yield ['many keys', [json(Object.fromEntries(Array.from({ length: 60_000 }, (_, i) => [`key${i}`, `v${i}`])))]]
  yield ['many frames', [json({ level: 'ERROR', message: 'm', loggerFqcn: 'a', endOfBatch: false, thrown: { name: 'a.E', extendedStackTrace: Array.from({ length: 16_000 }, (_, i) => ({ class: `a.B$${i}`, method: `lambda$x$${i}`, file: 'B.java', line: i })) } })]]
}

/** Made as text, since the writer of JSON is recursive. */
function thrown(depth: number): string {
  const cause = '{"name":"a.E","message":"m","extendedStackTrace":[{"class":"a.B","method":"c","line":1}],"cause":'
  return `{"level":"ERROR","message":"m","loggerFqcn":"a","endOfBatch":false,"thrown":${cause.repeat(depth)}null${'}'.repeat(depth)}}`
}

function json(value: string | Readonly<Record<string, unknown>>): Buffer {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value))
}
