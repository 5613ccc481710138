/**
 * The codecs on what other programs wrote: snappy and zstd by the Java libraries of Kafka's own clients, lz4 by the reference tool. Kept as hex;
 * the plain bytes are known.
 */
import kafkajs from 'kafkajs'
import { expect, test } from 'vitest'
import { registerCodecs, unlz4, unsnappy } from '../../../src/kafka/codecs.ts'

const { CompressionCodecs, CompressionTypes } = kafkajs

const SMALL = 'java.lang.IllegalStateException: 訂單 17 失敗\n\tat com.acme.Orders.check(Orders.java:42)\n'.repeat(3)
const BIG = 'abcdefghij'.repeat(10_000)

const SNAPPY =
  '9402f0526a6176612e6c616e672e496c6c6567616c5374617465457863657074696f6e3a20e8a882e596ae20313720e5a4b1e695970a09617420636f6d2e61636d652e4f72646572732e636865636b284f72646572732e0153103a3432290a0109fe5c00fe5c00ce5c00'
const ZSTD =
  '28b52ffd005805030054056a6176612e6c616e672e496c6c6567616c5374617465457863657074696f6e3a20e8a882e596ae20313720e5a4b1e695970a09617420636f6d2e61636d652e4f72646572732e636865636b286a6176613a3432290a0200b52fd063209b66'
const ZSTD_WITH_SIZE =
  '28b52ffd64140015030054056a6176612e6c616e672e496c6c6567616c5374617465457863657074696f6e3a20e8a882e596ae20313720e5a4b1e695970a09617420636f6d2e61636d652e4f72646572732e636865636b286a6176613a3432290a0300b12f1060b1c74036cd123ec043'
const LZ4 =
  '04224d186440a765000000f33d6a6176612e6c616e672e496c6c6567616c5374617465457863657074696f6e3a20e8a882e596ae20313720e5a4b1e695970a09617420636f6d2e61636d652e4f72646572732e636865636b280d00005300503a3432290a09000f5c009c503a3432290a00000000be497b3b'
const LZ4_LINKED =
  '04224d1844405e14010000af6162636465666768696a0a00' +
  'ff'.repeat(256) +
  'de506263646566910000000ffa' +
  'ff'.repeat(136) +
  '0f50666768696a0000000029fc80da'
const LZ4_BLOCK_CHECKSUMS =
  '04224d187440bd14010000af6162636465666768696a0a00' +
  'ff'.repeat(256) +
  'de5062636465667f357dcf9b000000af6768696a6162636465660a00' +
  'ff'.repeat(135) +
  '0550666768696a8ed8e1730000000029fc80da'
const LZ4_CONTENT_SIZE =
  '04224d186c50a086010000000000789c010000af6162636465666768696a0a00' + 'ff'.repeat(392) + '0650666768696a0000000029fc80da'
const XERIAL_HEADER = '82534e41505059000000000100000001'

const bytes = (hex: string): Buffer => Buffer.from(hex, 'hex')
const block = (hex: string): string => (hex.length / 2).toString(16).padStart(8, '0') + hex

test('snappy is read plain, and framed as the Java library does, in one block and in several', () => {
  expect(unsnappy(bytes(SNAPPY)).toString()).toBe(SMALL)
  expect(unsnappy(bytes(XERIAL_HEADER + block(SNAPPY))).toString()).toBe(SMALL)
  expect(unsnappy(bytes(XERIAL_HEADER + block(SNAPPY) + block(SNAPPY))).toString()).toBe(SMALL + SMALL)
})

const frames: readonly [string, string, string][] = [
  ['of one block', LZ4, SMALL],
  ['whose blocks refer to those before', LZ4_LINKED, BIG],
  ['that tells its size', LZ4_CONTENT_SIZE, BIG],
  ['with a checksum behind each block', LZ4_BLOCK_CHECKSUMS, BIG],
]
test.each(frames)('an lz4 frame %s is read', (_, hex, plain) => {
  expect(unlz4(bytes(hex)).toString()).toBe(plain)
})

test('kafkajs finds a codec for each of the types that producers use', async () => {
  registerCodecs()
  const packed = [
    [CompressionTypes.Snappy, SNAPPY],
    [CompressionTypes.LZ4, LZ4],
    [CompressionTypes.ZSTD, ZSTD],
    [CompressionTypes.ZSTD, ZSTD_WITH_SIZE],
  ] as const
  for (const [type, hex] of packed) {
    const codec = (CompressionCodecs[type] as () => { decompress(packed: Buffer): Promise<Buffer> })()
    expect((await codec.decompress(bytes(hex))).toString()).toBe(SMALL)
  }
})

test('bytes that are none of it are refused, not read as something else', () => {
  const text = Buffer.from('not compressed at all')
  expect(() => unsnappy(text)).toThrow(/invalid/i)
  expect(() => unlz4(text)).toThrow(/magic number/)
})
