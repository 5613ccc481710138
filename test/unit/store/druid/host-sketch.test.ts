/** Druid's sketches as it answers with them. The contract of readers for alert rules proves the same on a real one. */
import { describe, expect, test } from 'vitest'
import { hostCount, REGISTERS } from '../../../../src/alert/host-marks.ts'
import { marksOfSketch } from '../../../../src/store/druid/host-sketch.ts'

const H1 = '"AgEHCgMIAQi1l1sJ"'
const H2_H3 = '"AgEHCgMIAwi1l1sJ+eGzDiEhbwU="' // with h1
const H4 = '"AgEHCgMIAQhPlVIF"'
const ALL_FOUR = '"AgEHCgMIBAi1l1sJ+eGzDiEhbwVPlVIF"'

/** `levels`: by register. */
function ofRegisters(levels: Readonly<Record<number, number>>, type = 2): string {
  const bytes = Buffer.alloc(40 + REGISTERS)
  bytes.set([0x0a, 1, 7, 10, 0, 0, 0, (type << 2) | 2])
  for (const [register, level] of Object.entries(levels)) bytes[40 + Number(register)] = level
  return bytes.toString('base64')
}

describe('a sketch', () => {
  test('of a few hosts has a mark for each, the same in every sketch', () => {
    expect([H1, H2_H3, H4, ALL_FOUR].map((sketch) => marksOfSketch(sketch).length)).toEqual([1, 3, 1, 4])
    expect(hostCount([H1, H2_H3, H4, ALL_FOUR].flatMap(marksOfSketch))).toBe(4)
  })

  test('of no host has none', () => {
    expect([null, '"AgEHCgMMAAg="'].map(marksOfSketch)).toEqual([[], []])
  })

  test('of dozens has a mark for each, where it has room for more', () => {
    const bytes = Buffer.alloc(12 + 16)
    bytes.set([3, 1, 7, 10, 5, 8, 0, 0b1001])
    bytes.writeUInt32LE(3, 8)
    for (const [i, mark] of [0x0400_0001, 0, 0xfc00_0002, 0x0800_0003].entries()) bytes.writeUInt32LE(mark, 12 + 4 * i)
    expect(marksOfSketch(bytes.toString('base64'))).toEqual([0x0400_0001, 0xfc00_0002, 0x0800_0003])
  })

  test('of many has a mark for each register that has seen one', () => {
    expect(marksOfSketch(ofRegisters({ 0: 1, 77: 40, 1_023: 3 }))).toEqual([0x0400_0000, 0xa000_004d, 0x0c00_03ff])
  })

  test.each([['"AAAA"'], [ofRegisters({}, 0)], ['"AgEICgMIAQi1l1sJ"'], ['CgEHCgAAAAo=']])('that is none is refused: %s', (value) => {
    expect(() => marksOfSketch(value)).toThrow('expected a sketch of hosts')
  })
})
