/**
 * Druid's sketch of hosts as marks. In: what `DS_HLL(hosts, 10, 'HLL_8')` gives, Base64 of a DataSketches HLL sketch; null where there is none. Out: marks.
 *
 *   byte 0   of the preamble: ints      byte 6   list: marks
 *   byte 5   flags; 4: empty            byte 7   last two bits: 0 list, 1 set, 2 registers; the next two: 2 for a byte each
 *
 *   list   8: marks, 4 bytes each, up to the end; 0 is none
 *   set    8: how many; 12: marks
 *   HLL    40: a byte for each register
 *
 * Throws for what is none of these: a sketch that is read wrongly would count hosts that are not there.
 */
import { HASH_BITS, REGISTERS, type HostMarks } from '../../alert/host-marks.ts'

const LIST_AT = 8
const SET_AT = 12
const REGISTERS_AT = 40
const EMPTY = 4
const FAMILY_HLL = 7
const NO_HOSTS: HostMarks = []

export function marksOfSketch(value: string | null): HostMarks {
  if (value === null) return NO_HOSTS
  const bytes = Buffer.from(value.startsWith('"') ? value.slice(1, -1) : value, 'base64') // Druid gives it as JSON within the row's
  if (bytes.length < LIST_AT || bytes[2] !== FAMILY_HLL) throw unknown(value)
  if ((bytes[5]! & EMPTY) !== 0) return NO_HOSTS
  const mode = bytes[7]! & 3
  if (mode === 0) return marksFrom(bytes, LIST_AT)
  if (mode === 1) return marksFrom(bytes, SET_AT)
  if (mode !== 2 || ((bytes[7]! >> 2) & 3) !== 2 || bytes.length < REGISTERS_AT + REGISTERS) throw unknown(value)
  return marksOfRegisters(bytes.subarray(REGISTERS_AT, REGISTERS_AT + REGISTERS))
}

function marksFrom(bytes: Buffer, from: number): HostMarks {
  const marks: number[] = []
  for (let at = from; at + 4 <= bytes.length; at += 4) {
    const mark = bytes.readUInt32LE(at)
    if (mark !== 0) marks.push(mark)
  }
  return marks
}

function marksOfRegisters(levels: Buffer): HostMarks {
  const marks: number[] = []
  levels.forEach((level, register) => {
    if (level > 0) marks.push(((level << HASH_BITS) | register) >>> 0)
  })
  return marks
}

function unknown(value: string): Error {
  return new Error(`expected a sketch of hosts with ${REGISTERS} registers, got ${value.slice(0, 100)}`)
}
