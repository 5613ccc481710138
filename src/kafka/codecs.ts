/**
 * Compression codecs for kafkajs, which brings gzip only. We read whatever producers write (snappy, plain and framed as Xerial's Java
 * library does; lz4; zstd), from pure JavaScript packages that install from npm alone. We write uncompressed or gzip, so
 * these need no compressor.
 */
import { createRequire } from 'node:module'
import { decompress as unzstd } from 'fzstd'
import kafkajs from 'kafkajs'

const require = createRequire(import.meta.url) // both packages are CommonJS without types
const snappy = require('snappyjs') as { uncompress(bytes: Buffer): Buffer }
const lz4 = require('lz4js') as { decompress(bytes: Buffer): Uint8Array }

const XERIAL_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00])
/** Magic (8), version (4), compatible version (4). */
const XERIAL_HEADER_BYTES = 16
/** Flags of an lz4 frame's descriptor, its fifth byte. */
const LZ4_BLOCK_CHECKSUMS = 0x10
const LZ4_CONTENT_SIZE = 0x08

export function registerCodecs(): void {
  const { CompressionTypes, CompressionCodecs } = kafkajs
  CompressionCodecs[CompressionTypes.Snappy] = codec(unsnappy)
  CompressionCodecs[CompressionTypes.LZ4] = codec(unlz4)
  CompressionCodecs[CompressionTypes.ZSTD] = codec((bytes) => asBuffer(unzstd(bytes)))
}

function codec(decompress: (bytes: Buffer) => Buffer) {
  return () => ({
    compress: () => Promise.reject(new Error('this codec only reads')),
    decompress: (bytes: Buffer) => Promise.resolve(decompress(bytes)),
  })
}

/** Xerial's framing: header, then blocks of a 4-byte big-endian length and snappy bytes. */
export function unsnappy(bytes: Buffer): Buffer {
  if (!bytes.subarray(0, XERIAL_MAGIC.length).equals(XERIAL_MAGIC)) return snappy.uncompress(bytes)
  const blocks: Buffer[] = []
  for (let at = XERIAL_HEADER_BYTES; at + 4 <= bytes.length;) {
    const length = bytes.readUInt32BE(at)
    blocks.push(snappy.uncompress(bytes.subarray(at + 4, at + 4 + length)))
    at += 4 + length
  }
  return Buffer.concat(blocks)
}

export function unlz4(bytes: Buffer): Buffer {
  return asBuffer(lz4.decompress(withoutBlockChecksums(bytes)))
}

/** lz4js looks for a block's checksum before the block and gives garbage; the format has it behind. */
function withoutBlockChecksums(frame: Buffer): Buffer {
  const flags = frame[4] ?? 0
  if ((flags & LZ4_BLOCK_CHECKSUMS) === 0) return frame
  let at = (flags & LZ4_CONTENT_SIZE) === 0 ? 7 : 15
  const header = Buffer.from(frame.subarray(0, at))
  const parts: Uint8Array[] = [header]
  header.writeUInt8(flags & ~LZ4_BLOCK_CHECKSUMS, 4)
  for (let size = frame.readUInt32LE(at); size !== 0; size = frame.readUInt32LE(at)) {
    const end = at + 4 + (size & 0x7fffffff) // the highest bit says that the block is not compressed
    parts.push(frame.subarray(at, end))
    at = end + 4
  }
  parts.push(frame.subarray(at))
  return Buffer.concat(parts)
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
