/** What commands read: the records that `tracefold run` would make of the same bytes, with the line each begins at. */
import { Buffer } from 'node:buffer'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { inputOf, recordsOf } from '../../../src/cli/input.ts'
import { capturedIo } from './captured-io.ts'

let folder: string
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'tracefold-input-'))))
afterEach(() => rmSync(folder, { recursive: true, force: true }))

type Found = readonly [line: number, value: string]

async function recordsIn(bytes: AsyncIterable<Buffer> | readonly Buffer[], maxRecordBytes = 1_000): Promise<Found[]> {
  async function* input(): AsyncGenerator<Buffer> {
    yield* bytes
  }
  const found: Found[] = []
  for await (const batch of recordsOf(input(), { maxRecordBytes, key: null }))
    found.push(...batch.map(({ line, value }): Found => [line, value.toString('latin1')]))
  return found
}

describe('records', () => {
  it.each([
    ['nothing for nothing', '', []],
    ['a line without its end', '{}', [[1, '{}']]],
    [
      'nothing for blank lines, which count',
      '{"a":1}\n\n{"b":2}\n',
      [
        [1, '{"a":1}'],
        [3, '{"b":2}'],
      ],
    ],
    [
      'a printed trace with the line before it',
      '12:00:00 ERROR boom\na.E: x\n\tat a.B.c(B.java:1)\n12:00:01 INFO well\n',
      [
        [1, '12:00:00 ERROR boom\na.E: x\n\tat a.B.c(B.java:1)'],
        [4, '12:00:01 INFO well'],
      ],
    ],
    ['an object over several lines whole', '{\n"a": 1\n}\n', [[1, '{\n"a": 1\n}']]],
  ])('give %s', async (_, text, expected) => {
    expect(await recordsIn([Buffer.from(text)])).toEqual(expected)
  })

  it('are the same however the bytes are cut into chunks', async () => {
    const bytes = fc.string({ unit: fc.constantFrom('a', '{', '}', '\n', '\t', '\r'), maxLength: 60 }).map((text) => Buffer.from(text))
    await fc.assert(
      fc.asyncProperty(bytes, fc.integer({ min: 1, max: 10 }), async (whole, size) => {
        const chunks = Array.from({ length: Math.ceil(whole.length / size) }, (_, i) => whole.subarray(i * size, (i + 1) * size))
        expect(await recordsIn(chunks)).toEqual(await recordsIn([whole]))
      }),
    )
  })

  it('hold more than the limit of a line that is longer, but not much more, and go on with the next', async () => {
    expect(await recordsIn([Buffer.from('x'.repeat(30)), Buffer.from('x'.repeat(30)), Buffer.from('\n{}\n')], 10)).toEqual([
      [1, 'x'.repeat(11)],
      [2, '{}'],
    ])
  })
})

describe('a file', () => {
  const read = async (name: string): Promise<[Found[], string | undefined]> => {
    const { bytes, key } = await inputOf(join(folder, name), capturedIo())
    return [await recordsIn(bytes), key?.toString()]
  }

  it('is read whole, unpacked where it is packed, and its name stands in as the job', async () => {
    writeFileSync(join(folder, 'orders.log'), '{"a":1}\n')
    writeFileSync(join(folder, 'orders.log.1.gz'), gzipSync('{"a":1}\n'))
    expect(await read('orders.log')).toEqual([[[1, '{"a":1}']], 'orders'])
    expect(await read('orders.log.1.gz')).toEqual([[[1, '{"a":1}']], 'orders'])
  })

  it('that is none, or is not whole, is said to be so', async () => {
    writeFileSync(join(folder, 'cut.gz'), gzipSync('{"a":1}\n'.repeat(1_000)).subarray(0, 30))
    await expect(read('missing.log')).rejects.toMatchObject({ code: 'usage', message: expect.stringContaining('There is no file') })
    await expect(read('.')).rejects.toMatchObject({ code: 'usage', message: expect.stringContaining('is a folder') })
    await expect(read('cut.gz')).rejects.toMatchObject({ code: 'usage', message: expect.stringContaining('not whole') })
  })
})
