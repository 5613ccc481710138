/**
 * In: a record's bytes. Out: what they hold, where they are compressed (Log4j's GelfLayout does so unless told not to); null where they are not, or are broken
 * from the start. Of what was cut, what is there. Told by the first bytes, and asked of nothing that is text. Never throws.
 */
import { isUtf8 } from 'node:buffer'
import { constants, gunzipSync, inflateSync } from 'node:zlib'

export function decompressed(bytes: Buffer, maxBytes: number): Buffer | 'too large' | null {
  const read = readerOf(bytes)
  if (read === null || isUtf8(bytes)) return null
  try {
    return read(bytes, { maxOutputLength: maxBytes, finishFlush: constants.Z_SYNC_FLUSH })
  } catch (error) {
    return error instanceof RangeError ? 'too large' : null
  }
}

function readerOf(bytes: Buffer): typeof gunzipSync | null {
  const [first = 0, second = 0] = bytes
  if (first === 0x1f && second === 0x8b) return gunzipSync
  return first === 0x78 && ((first << 8) | second) % 31 === 0 ? inflateSync : null
}
