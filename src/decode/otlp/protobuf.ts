/** Bytes -> an OTLP request in the shape that its JSON has, or null where the bytes are none. Pure; never throws. */
import { isObject, type JsonObject } from '../value.ts'
import { Request } from './descriptor.ts'
import { closeCut, MAX_FIELDS, shapeOf } from './wire.ts'

/** A request begins with the tag of its only field, which is a line break in text. */
const FIRST_BYTE = 0x0a

export type ReadRequest = { readonly request: JsonObject; readonly isCut: boolean } | { readonly tooLarge: string } | null

export function readRequest(bytes: Buffer): ReadRequest {
  if (bytes[0] !== FIRST_BYTE) return null
  const shape = shapeOf(bytes)
  if (shape === 'other') return null
  if (shape === 'too_large') return { tooLarge: `OTLP (protobuf) of more than ${MAX_FIELDS} fields` }
  const isCut = shape === 'cut'
  const request = decoded(isCut ? closeCut(bytes) : bytes)
  return request === null ? null : { request, isCut }
}

/** The shape was looked at before, so nothing is left to throw; but a library's word is not taken for it. */
function decoded(bytes: Buffer): JsonObject | null {
  try {
    const request: unknown = Request.toObject(Request.decode(bytes), { longs: String })
    return isObject(request) ? request : null
  } catch {
    return null
  }
}
