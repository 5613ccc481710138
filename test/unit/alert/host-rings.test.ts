import { describe, expect, test } from 'vitest'
import { HostUnion, markOf } from '../../../src/alert/host-marks.ts'
import { HostRings } from '../../../src/alert/host-rings.ts'

const RING = 100
const START = 29_000_000

function hosts(rings: HostRings, slots: readonly number[], end: number, minutes: number, isLong = false): number {
  const union = new HostUnion()
  const window = rings.window(START + end, minutes, isLong)
  for (const slot of slots) rings.collect(slot, window, union)
  return union.size()
}

/** `host` of a slot in each of the minutes. */
function note(rings: HostRings, slot: number, minutes: readonly number[], ...numbers: readonly number[]): void {
  for (const minute of minutes) {
    rings.clear(START + minute, START + minute)
    rings.add(slot, START + minute, numbers.map(markOf))
  }
}

function someRings(isLong = false, maxEntries?: number): HostRings {
  const rings = new HostRings(RING, isLong, maxEntries)
  rings.clear(START, START + 1)
  return rings
}

describe('the rings of hosts', () => {
  test('know the hosts of any window, and forget them with their minutes', () => {
    const rings = someRings()
    for (let minute = 0; minute < 250; minute++) {
      rings.clear(START + minute, START + minute + 1)
      note(rings, 3, [minute], Math.floor(minute / 10))
    }
    expect([hosts(rings, [3], 250, 10), hosts(rings, [3], 249, 10), hosts(rings, [3], 250, RING), hosts(rings, [3], 160, 10)]).toEqual([
      1, 2, 10, 1,
    ])
    expect([hosts(rings, [3], 150, 10), hosts(rings, [4], 250, RING)]).toEqual([0, 0])
  })

  test('hold what the newest reading of a minute says', () => {
    const rings = someRings()
    rings.clear(START, START + 5)
    rings.add(0, START + 1, [markOf(1), markOf(2)])
    rings.clear(START + 1, START + 3)
    rings.add(0, START + 1, [markOf(3)])
    expect(hosts(rings, [0], 5, 5)).toBe(1)
  })

  test('leave nothing of minutes that were skipped', () => {
    const rings = someRings()
    note(rings, 0, [0], 1)
    rings.clear(START + RING, START + RING + 1)
    expect(hosts(rings, [0], RING + 1, 1)).toBe(0)
    rings.clear(START + 10 * RING, START + 10 * RING + 1)
    expect(hosts(rings, [0], 10 * RING + 1, RING)).toBe(0)
  })

  test('give the room of hosts that are gone to others, and that of a series to the next', () => {
    const rings = someRings()
    for (let minute = 0; minute < 40 * RING; minute++) {
      rings.clear(START + minute, START + minute + 1)
      rings.add(minute % 50, START + minute, [markOf(minute)])
    }
    expect(rings.bytes).toBeLessThan(100_000)
    expect(
      hosts(
        rings,
        Array.from({ length: 50 }, (_, i) => i),
        40 * RING,
        60,
      ),
    ).toBe(60)
    rings.release(49)
    rings.sweep()
    expect(hosts(rings, [49], 40 * RING, RING)).toBe(0)
  })

  test('know about how many hosts there are where a series has very many', () => {
    const rings = someRings()
    const all = Array.from({ length: 5_000 }, (_, i) => markOf(i))
    rings.add(0, START, all)
    const known = hosts(rings, [0], 1, 1)
    expect(known).toBeGreaterThan(4_500)
    expect(known).toBeLessThan(5_500)
  })

  test('say how many hosts they had no room for', () => {
    const rings = someRings(false, 1_024)
    for (let slot = 0; slot < 300; slot++)
      rings.add(
        slot,
        START,
        [1, 2, 3, 4].map((host) => markOf(slot * 4 + host)),
      )
    expect(rings.leftOut).toBe(1_200 - 1_024)
    expect(hosts(rings, [0], 1, 1)).toBe(4)
    rings.clear(START + RING, START + RING + 1)
    rings.add(299, START + RING, [markOf(9_999)])
    expect([hosts(rings, [299], RING + 1, 1), rings.leftOut]).toEqual([1, 1_200 - 1_024])
  })

  test('know the hosts of a day by tens of minutes, also of before they began', () => {
    const rings = someRings(true)
    rings.addCell(0, START - 600, [markOf(1), markOf(2)])
    for (const minute of [0, 300]) {
      rings.clear(START + minute, START + minute + 1)
      rings.add(0, START + minute, [markOf(3 + minute)])
    }
    expect([hosts(rings, [0], 301, 1_440, true), hosts(rings, [0], 301, 320, true), hosts(rings, [0], 301, 100, true)]).toEqual([4, 2, 1])
    rings.clear(START + 1_300, START + 1_301)
    expect(hosts(rings, [0], 1_301, 1_440, true)).toBe(2)
  })
})
