import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parseFrame } from '../../../src/decode/frame-line.ts'
import { normaliseClass, normaliseFrame } from '../../../src/fingerprint/frames.ts'

interface FrameCase {
  id: number
  frame: string
  class: string | null
  method: string | null
  file: string | null
  line: number | null
  norm: string | null
  why: string
}

const cases = readFileSync(new URL('../../data/frame-cases.ndjson', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as FrameCase) // our own data file

describe('frame lines of real JVMs', () => {
  it('are all 75 there', () => expect(cases).toHaveLength(75))

  it.each(cases)('$id $why: parses', (one) => {
    const expected = one.class === null ? null : { className: one.class, method: one.method, file: one.file, line: one.line }
    expect(parseFrame(one.frame)).toEqual(expected)
  })

  it.each(cases)('$id $why: has its normal form', (one) => {
    const frame = parseFrame(one.frame)
    expect(frame === null ? null : normaliseFrame(frame)).toBe(one.norm)
  })
})

describe('what is no frame', () => {
  it.each([
    ['a sentence', '\tat least 2. of them (see above)'],
    ['no brackets', '\tat com.acme.Main.main'],
    ['no class', '\tat main(Main.java:3)'],
    ['cut off', '\tat com.acme.Main.main(Main.ja'],
    ['nothing', ''],
    ['a very long line', `\tat ${'a.'.repeat(5_000)}b(C.java:1)`],
  ])('%s', (_, line) => expect(parseFrame(line)).toBeNull())
})

describe('class names', () => {
  it.each([
    ['a numbered class in the middle', 'com.acme.Orders$1$Line', 'com.acme.Orders$$Line'],
    ['an underscore in a name', 'com.acme.my_table', 'com.acme.my_table'],
    ['a Scala object', 'com.acme.Orders$', 'com.acme.Orders$'],
  ])('%s', (_, name, expected) => expect(normaliseClass(name)).toBe(expected))

  it('are cut where no real one is as long', () => {
    const cut = normaliseClass(`a.B${'$'.repeat(1_000_000)}`)
    expect(cut.length).toBeLessThanOrEqual(1_024)
  })

  it('of two methods with lambdas stay apart', () => {
    const of = (method: string) => normaliseFrame({ className: 'a.B', method, file: null, line: null })
    expect(of('lambda$load$0')).not.toBe(of('lambda$save$0'))
  })
})
