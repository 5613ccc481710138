import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { lineBatches } from '../../../src/cli/lines.ts'

async function linesOf(chunks: readonly Buffer[], maxBytes = 1_000): Promise<string[]> {
  async function* input() {
    yield* chunks
  }
  const lines: string[] = []
  for await (const batch of lineBatches(input(), maxBytes)) lines.push(...batch.map((line) => line.toString('latin1')))
  return lines
}

describe('lineBatches', () => {
  it.each([
    ['nothing for nothing', '', []],
    ['a line without its end', 'a', ['a']],
    ['no empty line after the last end', 'a\nb\n', ['a', 'b']],
    ['empty lines', 'a\n\n\nb', ['a', '', '', 'b']],
    ['lines with carriage returns', 'a\r\nb\r\n', ['a', 'b']],
  ])('gives %s', async (_, text, expected) => {
    expect(await linesOf([Buffer.from(text)])).toEqual(expected)
  })

  it('gives the same lines however the bytes are cut into chunks', async () => {
    const bytes = fc
      .array(
        fc.constantFrom(...'ab\n\r').map((c) => c.charCodeAt(0)),
        { maxLength: 60 },
      )
      .map((codes) => Buffer.from(codes))
    await fc.assert(
      fc.asyncProperty(bytes, fc.array(fc.integer({ min: 1, max: 10 }), { minLength: 1 }), async (whole, sizes) => {
        const chunks: Buffer[] = []
        for (let at = 0, i = 0; at < whole.length; at += sizes[i++ % sizes.length] ?? 1)
          chunks.push(whole.subarray(at, at + (sizes[i % sizes.length] ?? 1)))
        expect(await linesOf(chunks)).toEqual(await linesOf([whole]))
      }),
    )
  })

  it('gives more than the limit of a line that is longer, but not much more, and goes on with the next', async () => {
    const lines = await linesOf([Buffer.from('x'.repeat(30)), Buffer.from('x'.repeat(30)), Buffer.from('\nshort\n')], 10)
    expect(lines).toEqual(['x'.repeat(11), 'short'])
  })

  it('gives a line of exactly the limit whole, with either line end', async () => {
    expect(await linesOf([Buffer.from(`${'x'.repeat(10)}\n${'y'.repeat(10)}\r\n`)], 10)).toEqual(['x'.repeat(10), 'y'.repeat(10)])
  })
})
