/** Lines of 1 MiB, each full of one thing that parsers and expressions stumble over: as a message, as a trace, as a structure, and bare. Pure. */

const BYTES = 1_048_576
const TEXTS: Readonly<Record<string, string>> = {
  words: 'order failed ',
  'one token': 'x',
  digits: '1',
  'single quotes': "'",
  'double quotes': '"',
  'equal signs': '=',
  'opening brackets': '[',
  'closing brackets': ']',
  braces: '{',
  'round brackets': '(',
  dots: '.',
  'a.b.': 'a.b.',
  'at a.b.': 'at a.b.',
  frames: '\n\tat a.b.C.d(C.java:1)',
  'frames of one line': '\tat a.b.C.d(C.java:1)',
  causes: '\nCaused by: a.b.C: x',
  'suppressed ones': '\n\tSuppressed: a.b.C: x',
  'causes with frames': '\nCaused by: a.b.C: x\n\tat a.b.C.d(C.java:1)',
  elisions: '\n\t... 7 more',
  colons: ': ',
  'double colons': '::',
  slashes: '/',
  'web addresses': 'http://a/',
  schemes: '://',
  dollars: '$',
  'dollars and digits': '$1',
  lambdas: '$$Lambda$1/0x1',
  'e-mail addresses': 'a@b.c ',
  'at signs': '@',
  'key and value': 'password=x ',
  hexadecimals: 'deadBEEF',
  'IPv6 addresses': '2001:db8::1:',
  minus: '-',
  'card numbers': '4111 1111 ',
  percent: '%41',
  'line ends': '\n',
  tabs: '\t',
  blanks: ' ',
  'escaped quotes': '\\"',
  backslashes: '\\',
  astral: '𝕊',
  marks: 'e\u0301',
  commas: ',',
  holes: '<*> ',
  users: 'for user ',
  Base64: 'QUJD',
  JSON: '{"a":[',
  'JSON in quotes': '"{"',
  'objects that speak': '{"message":"',
  'assigned lists': '=[',
  records: 'a(b=',
  'paths with blanks': 'C:\\a b',
  'heartbeat of ': 'heartbeat of ',
  'nested exceptions': 'java.lang.E: ',
  'failures of stages': '\nCaused by: org.apache.spark.SparkException: Job aborted due to stage failure: a.E: ',
  'calls from Python': '\nCaused by: Py4JJavaError: x\n: a.E: x',
}

type Shape = (text: string) => Buffer

const ECS = { '@timestamp': '2026-03-10T12:00:00.000Z', 'log.level': 'ERROR', 'ecs.version': '1.2.0', 'log.logger': 'a.B', message: 'm' }
const SHAPES: readonly Shape[] = [
  (text) => json({ ...ECS, message: text }),
  (text) => json({ ...ECS, 'error.type': 'a.E', 'error.message': 'x', 'error.stack_trace': `a.E: x${text}` }),
  (text) => json({ ...ECS, 'error.type': 'a.E', 'error.message': text, 'error.stack_trace': `a.E: ${text}\n\tat a.B.c(B.java:1)\n` }),
  (text) =>
    json({
      level: 'ERROR',
      loggerFqcn: 'a',
      endOfBatch: false,
      timeMillis: 1,
      loggerName: text,
      message: 'm',
      thrown: { name: text, message: text, extendedStackTrace: [{ class: text, method: text, file: text, line: 1 }] },
    }),
  // In a field of nobody, with frames and heads that are nearly such.
  (text) => json({ ...ECS, other: `a.E: x\n\tat a.b.C ${text}\n\tat a.b.C(` }),
  (text) => Buffer.from(text),
]

export function* hostileLines(): Generator<[name: string, lines: readonly Buffer[]]> {
  for (const [name, scrap] of Object.entries(TEXTS)) yield [name, SHAPES.map((shape) => filled(shape, scrap))]
  yield ['many causes', [json(thrown(11_000))]]
  yield [
    'deep nesting',
    [
      Buffer.from('{"a":'.repeat(BYTES / 5)),
      Buffer.from('['.repeat(BYTES)),
      Buffer.from(`{"message":"m","level":"ERROR","x":${'['.repeat(500_000)}${']'.repeat(500_000)}}`),
    ],
  ]
  yield ['many keys', [json(Object.fromEntries(Array.from({ length: 50_000 }, (_, i) => [`key${i}`, `v${i}`])))]]
  yield ['many fields with nearly a trace', [json(Object.fromEntries(Array.from({ length: 900 }, (_, i) => [`key${i}`, nearlyTrace(i)])))]]
  yield ['many lists', [json({ ...ECS, lists: Array.from({ length: 900 }, (_, i) => nearlyTrace(i).split('\n')) })]]
  yield [
    'many frames',
    [
      json({
        level: 'ERROR',
        message: 'm',
        loggerFqcn: 'a',
        endOfBatch: false,
        thrown: {
          name: 'a.E',
          extendedStackTrace: Array.from({ length: 14_000 }, (_, i) => ({
            class: `a.B$${i}`,
            method: `lambda$x$${i}`,
            file: 'B.java',
            line: i,
          })),
        },
      }),
    ],
  ]
}

/** As many scraps as make a line of 1 MiB, with the escapes and as often as the shape has the text. */
function filled(shape: Shape, scrap: string): Buffer {
  const base = shape('').length
  const each = (shape(scrap.repeat(100)).length - base) / 100
  return shape(scrap.repeat(Math.floor((BYTES - base) / each)))
}

/** Frames behind lines that begin as a class name does. */
function nearlyTrace(i: number): string {
  return `${`a${i}.`.repeat(20)}b-\n`.repeat(10) + '\tat a.b('
}

/** Made as text, since the writer of JSON is recursive. */
function thrown(depth: number): string {
  const cause = '{"name":"a.E","message":"m","extendedStackTrace":[{"class":"a.B","method":"c","line":1}],"cause":'
  return `{"level":"ERROR","message":"m","loggerFqcn":"a","endOfBatch":false,"thrown":${cause.repeat(depth)}null${'}'.repeat(depth)}}`
}

function json(value: string | Readonly<Record<string, unknown>>): Buffer {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value))
}
