/** Keys of one error: which old keys are shown under which new ones. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { keyGroups, type KeyLink } from '../../../src/store/key-groups.ts'

const link = (previous: string, fingerprint: string, over: Partial<KeyLink> = {}): KeyLink => ({
  previous,
  fingerprint,
  count: 1,
  lastMs: 0,
  ...over,
})

describe('groups of keys', () => {
  test('without links every key stands for itself', () => {
    const groups = keyGroups([])
    expect([groups.groupOf('a'), groups.keysOf('a'), groups.previousOf('a'), groups.moved.size]).toEqual(['a', ['a'], [], 0])
  })

  test('an old key is shown under the new one, and both ways lead there', () => {
    const groups = keyGroups([link('a', 'b')])
    expect(groups.groupOf('a')).toBe('b')
    expect(groups.keysOf('b')).toEqual(['b', 'a'])
    expect(groups.previousOf('b')).toEqual(['a'])
    expect(groups.apartOf('b')).toEqual([])
  })

  test('keys that the rules join are one group', () => {
    const groups = keyGroups([link('b', 'c'), link('a', 'c')])
    expect(groups.keysOf('c').toSorted()).toEqual(['a', 'b', 'c'])
    expect(groups.previousOf('c')).toEqual(['a', 'b'])
  })

  test('a key that the rules take apart goes with most of its events; the rest knows where it comes from', () => {
    const groups = keyGroups([link('a', 'small', { count: 2, lastMs: 9 }), link('a', 'large', { count: 5, lastMs: 1 })])
    expect(groups.groupOf('a')).toBe('large')
    expect([groups.previousOf('small'), groups.apartOf('small')]).toEqual([['a'], ['a']])
    expect([groups.previousOf('large'), groups.apartOf('large')]).toEqual([['a'], []])
    expect(groups.keysOf('small')).toEqual(['small'])
  })

  test('several changes lead on to the newest key', () => {
    const groups = keyGroups([link('a', 'b', { lastMs: 1 }), link('b', 'c', { lastMs: 2 }), link('c', 'd', { lastMs: 3 })])
    expect(['a', 'b', 'c', 'd'].map(groups.groupOf)).toEqual(['d', 'd', 'd', 'd'])
    expect(groups.previousOf('d')).toEqual(['a', 'b', 'c'])
  })

  test('where rules were taken back, the newest link counts', () => {
    const forth = link('a', 'b', { count: 100, lastMs: 1 })
    const back = link('b', 'a', { lastMs: 2 })
    const groups = keyGroups([forth, back])
    expect([groups.groupOf('a'), groups.groupOf('b')]).toEqual(['a', 'a'])
    expect(groups.previousOf('a')).toEqual(['b'])
  })

  test('a key beside itself says nothing', () => {
    expect(keyGroups([link('a', 'a')]).moved.size).toBe(0)
  })

  const links = fc.array(
    fc.record({
      previous: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
      fingerprint: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
      count: fc.nat(3),
      lastMs: fc.nat(3),
    }),
    { maxLength: 12 },
  )

  test('whatever the links, each key is in one group, groups lead nowhere, and the order of the links says nothing', () => {
    fc.assert(
      fc.property(links, fc.infiniteStream(fc.nat()), (all, numbers) => {
        const distinct = [...new Map(all.map((one) => [`${one.previous} ${one.fingerprint}`, one])).values()]
        const shuffled = distinct
          .map((one) => [numbers.next().value, one] as const)
          .toSorted(([x], [y]) => Number(x) - Number(y))
          .map(([, one]) => one)
        const groups = keyGroups(distinct)
        for (const key of ['a', 'b', 'c', 'd', 'e']) {
          const group = groups.groupOf(key)
          expect(groups.groupOf(group)).toBe(group)
          expect(groups.keysOf(group)).toContain(key)
          expect(keyGroups(shuffled).groupOf(key)).toBe(group)
        }
      }),
    )
  })
})
