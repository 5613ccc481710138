import { describe, expect, it } from 'vitest'
import { parseTrace, type KnownHead } from '../../../src/decode/stack-trace.ts'
import type { Throwable } from '../../../src/event.ts'

const UNKNOWN: KnownHead = { type: null, message: null }

/** `Type: message [method method] !suppressed < cause`. */
function sketch(throwable: Throwable | null): string {
  if (throwable === null) return '-'
  const { type, message, frames, suppressed, cause } = throwable
  const parts = [message === null ? type : `${type}: ${message}`, `[${frames.map((frame) => frame.method).join(' ')}]`]
  for (const one of suppressed) parts.push(`!(${sketch(one)})`)
  if (cause !== null) parts.push(`< ${sketch(cause)}`)
  return parts.join(' ')
}

function read(text: string, known: KnownHead = UNKNOWN): string {
  return sketch(parseTrace(text, known).throwable)
}

describe('a printed trace', () => {
  it.each([
    ['a head alone', 'a.E: x', 'a.E: x []'],
    ['no message', 'a.E\n\tat b.C.d(C.java:1)', 'a.E [d]'],
    [
      'causes',
      'a.E: x\n\tat b.C.d(C.java:1)\nCaused by: a.F: y\n\tat b.C.e(C.java:2)\n\t... 1 more\nCaused by: a.G',
      'a.E: x [d] < a.F: y [e] < a.G []',
    ],
    ['CRLF', 'a.E: x\r\n\tat b.C.d(C.java:1)\r\nCaused by: a.F: y\r\n\tat b.C.e(C.java:2)\r\n', 'a.E: x [d] < a.F: y [e]'],
    ['indent by spaces', 'a.E: x\n    at b.C.d(C.java:1)\nCaused by: a.F\n    at b.C.e(C.java:2)', 'a.E: x [d] < a.F [e]'],
    ['no indent at all', 'a.E: x\nat b.C.d(C.java:1)\nCaused by: a.F\nat b.C.e(C.java:2)', 'a.E: x [d] < a.F [e]'],
    ['indented as a whole', '  a.E: x\n  \tat b.C.d(C.java:1)\n  Caused by: a.F\n  \tat b.C.e(C.java:2)', 'a.E: x [d] < a.F [e]'],
    ['a thread before the head', 'Exception in thread "main thread" a.E: x\n\tat b.C.d(C.java:1)', 'a.E: x [d]'],
    ['a log message before the head', 'could not do it\na.E: x\n\tat b.C.d(C.java:1)', 'a.E: x [d]'],
    ['a class without a package', 'OrderException: x\n\tat C.d(C.java:1)', 'OrderException: x [d]'],
    ['inline hashes', '<#0f7881a5> a.E: x\n\tat b.C.d(C.java:1)\nCaused by: <#1f7881a5> a.F: y', 'a.E: x [d] < a.F: y []'],
    [
      'elisions in all wordings',
      'a.E\n\t... 3 frames excluded\n\t... 2 common frames omitted\n\t... 8 frames truncated\n\tat b.C.d(C.java:1)',
      'a.E [d]',
    ],
    ['a message of several lines', 'a.E: x\n  more: y\nand more\n\tat b.C.d(C.java:1)', 'a.E: x\n  more: y\nand more [d]'],
    ['prose that looks like a label', 'a.E: x\nCaused by: rain and wind\n\tat b.C.d(C.java:1)', 'a.E: x\nCaused by: rain and wind [d]'],
    ['a circular reference, new wording', 'a.E: x\n\tat b.C.d(C.java:1)\nCaused by: [CIRCULAR REFERENCE: a.E: x]', 'a.E: x [d]'],
    ['a circular reference, old wording', 'a.E: x\n\tat b.C.d(C.java:1)\n\t[CIRCULAR REFERENCE:a.E: x]', 'a.E: x [d]'],
    [
      'the exception of a remote call, as the one that was thrown there',
      'a.Remote(java.io.FileNotFoundException): x\n\tat b.C.d(C.java:1)\nCaused by: a.Remote(b.Inner): y\n\tat b.C.e(C.java:2)',
      'java.io.FileNotFoundException: x [d] < b.Inner: y [e]',
    ],
    ['what JBoss prints before the head', ': a.E: x\n\tat b.C.d(C.java:1)', 'a.E: x [d]'],
    [
      'what names no class, with its frames',
      'could not do it\na.E(1): x\n\tat b.C.d(C.java:1)\nCaused by: a.F: y',
      'java.lang.Throwable: a.E(1): x [d] < a.F: y []',
    ],
    ['a cause of what names no class and has no frames', 'a.E(1): x\nCaused by: a.F: y', 'a.F: y []'],
    ['a class within the line before the frames', 'failed with a.E: x\n\tat b.C.d(C.java:1)', 'a.E: x [d]'],
    ['frames alone', '\tat b.C.d(C.java:1)\n\tat b.C.e(C.java:2)', 'java.lang.Throwable [d e]'],
    ['no throwable', 'all is well', '-'],
    ['nothing', '', '-'],
  ])('%s', (_, text, expected) => expect(read(text)).toBe(expected))

  it('with suppressed exceptions gives each its own frames and causes', () => {
    const text = [
      'a.E: x',
      '\tat b.C.d(C.java:1)',
      '\tSuppressed: a.S: s',
      '\t\tat b.C.s(C.java:2)',
      '\t\tSuppressed: a.T',
      '\t\t\tat b.C.t(C.java:3)',
      '\tCaused by: a.U: u',
      '\t\tat b.C.u(C.java:4)',
      '\tSuppressed: a.V',
      '\t\t... 7 more',
      'Caused by: a.F: y',
      '\tat b.C.e(C.java:5)',
    ].join('\n')
    expect(read(text)).toBe('a.E: x [d] !(a.S: s [s] !(a.T [t]) < a.U: u [u]) !(a.V []) < a.F: y [e]')
  })

  it('printed root first is turned round', () => {
    const text =
      'a.Root: r\n\tat b.C.r(C.java:1)\n\t... 13 common frames omitted\nWrapped by: <#158dde82> a.Mid: m\n\tat b.C.m(C.java:2)\nWrapped by: a.Out: o\n\tat b.C.o(C.java:3)\n'
    expect(read(text, { type: 'a.Out', message: 'o' })).toBe('a.Out: o [o] < a.Mid: m [m] < a.Root: r [r]')
  })
})

describe('what the layout knows beside the text', () => {
  it('a message that holds frames and labels is skipped to the letter', () => {
    const message = 'remote said:\n\tat x.y(Z.java:1)\nCaused by: b.Fake: no\n\tat x.z(Z.java:2)'
    expect(read(`a.E: ${message}\n\tat b.C.d(C.java:1)`, { type: 'a.E', message })).toBe(`a.E: ${message} [d]`)
  })

  it.each([
    [
      'begins with the circle that it ends in',
      '[CIRCULAR REFERENCE: a.Out: o]\nWrapped by: a.Mid: m\n\t... 5 more\nWrapped by: a.Out: o\n\tat b.C.o(C.java:3)\n',
      'a.Out: o [o] < a.Mid: m []',
    ],
    [
      'begins with a root that prints what it likes, its frames left out',
      'Odd [code=7]: m\n\t... 5 more\nWrapped by: a.Out: o\n\tat b.C.o(C.java:3)\n',
      'a.Out: o [o] < java.lang.Throwable: Odd [code=7]: m []',
    ],
    [
      'and has no line but the root before its wrapper',
      'Odd [code=7]: m\nWrapped by: a.Out: o\n\tat b.C.o(C.java:3)\n',
      'a.Out: o [o] < java.lang.Throwable: Odd [code=7]: m []',
    ],
  ])('printed root first %s', (_, text, expected) => {
    expect(read(text)).toBe(expected)
    expect(read(text, { type: 'a.Out', message: 'o' })).toBe(expected)
  })

  it('such a message is skipped in a trace printed root first, too', () => {
    const message = 'gave up\n\tat x.y(Z.java:1)'
    expect(read(`a.Root: r\n\tat b.C.r(C.java:1)\nWrapped by: a.E: ${message}\n\tat b.C.d(C.java:1)`, { type: 'a.E', message })).toBe(
      `a.E: ${message} [d] < a.Root: r [r]`,
    )
  })

  it('a type stands where toString() prints something else', () => {
    const text = 'Syntax error macroexpanding at (1:1).\n\tat b.C.d(C.java:1)\nCaused by: a.F: y'
    expect(read(text, { type: 'clojure.lang.Compiler.CompilerException', message: 'Syntax error macroexpanding at (1:1).' })).toBe(
      'clojure.lang.Compiler.CompilerException: Syntax error macroexpanding at (1:1). [d] < a.F: y []',
    )
  })

  it('the name in the text stays where it says more than the canonical one', () => {
    expect(read('a.B$E: x\n\tat b.C.d(C.java:1)', { type: 'a.B.E', message: 'x' })).toBe('a.B$E: x [d]')
  })

  it('a class that carried another one over stays out of its way', () => {
    const known = { type: 'org.apache.hadoop.ipc.RemoteException', message: 'no such file' }
    expect(read('org.apache.hadoop.ipc.RemoteException(java.io.FileNotFoundException): no such file\n\tat b.C.d(C.java:1)', known)).toBe(
      'java.io.FileNotFoundException: no such file [d]',
    )
  })

  it('a full name beats an abbreviated one', () => {
    expect(read('j.n.E: x\n\tat b.C.d(C.java:1)', { type: 'java.net.E', message: 'x' })).toBe('java.net.E: x [d]')
  })

  it('a type without a stack is still a throwable', () => {
    expect(read('', { type: 'a.E', message: 'x' })).toBe('a.E: x []')
  })
})

describe('a cut trace', () => {
  const truncated = (text: string) => parseTrace(text, UNKNOWN).truncated

  it.each([
    ['at a mark', 'a.E: x\n\tat b.C.d(C.ja…', true],
    ['within a frame', 'a.E: x\n\tat b.C.d(C.ja', true],
    ['within an elision', 'a.E: x\n\tat b.C.d(C.java:1)\n\t... 7 mor', true],
    ['not: no line end after a frame', 'a.E: x\n\tat b.C.d(C.java:1)', false],
    ['not: no line end after an elision', 'a.E: x\n\tat b.C.d(C.java:1)\n\t... 7 more', false],
    ['not: packaging data at the end', 'a.E: x\n\tat b.C.d(C.java:1) ~[c.jar:1]', false],
    ['not: the root came first', 'a.R: x\n\tat b.C.d(C.java:1)\nWrapped by: a.E: y\n\tat b.C…', false],
    ['at three dots within a frame', 'a.E: x\n\tat b.C.d(C.java:1)\n\tat b.C...', true],
    ['at three dots and a line end', 'a.E: x\n\tat b.C.d(C.java:1)\n\tat b.C...\n', true],
    ['at three dots behind a frame', 'a.E: x\n\tat b.C.d(C.java:1)...\n', true],
    ['at three dots on a line of their own', 'a.E: x\n\tat b.C.d(C.java:1)\n...\n', true],
    ['at three dots within a cause', 'a.E: x\n\tat b.C.d(C.java:1)\nCaused by: a.F: conn...', true],
    ['at three dots within an elision', 'a.E: x\n\tat b.C.d(C.java:1)\n\t... 1...', true],
    ['at a word', 'a.E: x\n\tat b.C.d(C.java:1)\nCaused by: a.F: conn... [truncated]', true],
    ['within a frame, before a line end', 'a.E: x\n\tat b.C.d(C.ja\r\n', true],
    ['not: a message that ends so', 'a.E: waiting...', false],
    ['not: a line end after an elision', 'a.E: x\n\tat b.C.d(C.java:1)\n\t... 12 more\n', false],
    ['not: frames are left out in words', 'a.E: x\n\tat b.C.d(C.java:1)\n\t... 8 frames truncated\n', false],
  ])('%s', (_, text, expected) => expect(truncated(text)).toBe(expected))
})

/** Log4j's template layouts cut each block at a given text, and say so on a line of its own. */
describe('a trace whose blocks are cut', () => {
  const block = (head: string, suffix: string) => `${head}\n\tat b.C.d(C.java:1)\n\tat b.Filter.doFilter\n${suffix}\n`

  it.each(['…', '~', '... [truncated]', '...', ''])('has its root, whatever stands there: %j', (suffix) => {
    const whole = 'a.F: y\n\tat b.C.e(C.java:2)\n\t... 1 more\n'
    for (const text of [
      block('a.E: x', suffix) + block('Caused by: a.F: y', suffix),
      `${block('a.E: x', suffix)}Caused by: ${whole}`,
      ...(suffix === '' ? [] : [`a.E: x\n\tat b.C.d(C.java:1)\nCaused by: ${block('a.F: y', suffix)}`]),
    ])
      expect(parseTrace(text, UNKNOWN)).toMatchObject({ truncated: false, isRootKept: true, throwable: { cause: { type: 'a.F' } } })
  })

  it('at a whole line, has its root if more than one was', () => {
    const text = 'a.E: x\n\tat b.C.d(C.java:1)\n…\nCaused by: a.F: y\n\tat b.C.d(C.java:2)\n…\n'
    expect(parseTrace(text, UNKNOWN)).toMatchObject({ truncated: false, isRootKept: true })
  })

  it('and that was cut as a whole, too, has not', () => {
    const text = `${block('a.E: x', '~')}Caused by: a.F: y\n\tat b.C.d(C.ja…`
    expect(parseTrace(text, UNKNOWN)).toMatchObject({ truncated: true, isRootKept: false })
  })

  it('is not one whose message speaks of a place', () => {
    const text = 'a.E: x\n\tat noon\nCaused by: a.F: y\n\tat b.C.d(C.java:1)\n'
    expect(parseTrace(text, UNKNOWN)).toMatchObject({ truncated: false, isRootKept: false })
  })
})

describe('hostile text', () => {
  it('is read up to 4,096 lines', () => {
    const { throwable, truncated } = parseTrace(`a.E\n${'\tat b.C.d(C.java:1)\n'.repeat(10_000)}`, UNKNOWN)
    expect([throwable?.frames.length, truncated]).toEqual([4_095, true])
  })

  it('is read up to 256 KiB', () => {
    const line = `\tat ${'b'.repeat(5_000)}.C.d(C.java:1)\n`
    const { throwable, truncated } = parseTrace(`a.E\n${line.repeat(200)}`, UNKNOWN)
    expect([throwable!.frames.length * line.length < 262_144, truncated]).toEqual([true, true])
  })

  it('is read up to 50 causes', () => {
    const { throwable, truncated } = parseTrace(`a.E\n${'Caused by: a.F: x\n'.repeat(1_000)}`, UNKNOWN)
    let depth = 0
    for (let at = throwable; at !== null; at = at.cause) depth++
    expect([depth, truncated]).toEqual([51, true])
  })

  it('nests suppressed exceptions up to 50', () => {
    const nested = Array.from({ length: 4_000 }, (_, i) => `${'\t'.repeat(i + 1)}Suppressed: a.S`).join('\n')
    expect(parseTrace(`a.E\n${nested}`, UNKNOWN)).toMatchObject({ truncated: true })
  })

  it.each([
    ['one letter', 'a'.repeat(1_000_000)],
    ['dots', 'a.'.repeat(500_000)],
    ['opening brackets', `a.E\n\tat ${'('.repeat(1_000_000)}`],
    ['slashes', `a.E\n\tat ${'/'.repeat(1_000_000)}b.C.d(C.java:1)`],
    ['hashes', '<#'.repeat(500_000)],
    ['blanks', ' '.repeat(1_000_000)],
    ['line ends', '\n'.repeat(1_000_000)],
    ['labels', 'Caused by: '.repeat(100_000)],
  ])('of a megabyte is survived: %s', (_, text) => expect(() => parseTrace(text, UNKNOWN)).not.toThrow())
})
