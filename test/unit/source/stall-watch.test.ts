import { describe, expect, test } from 'vitest'
import { StallWatch, type Sight } from '../../../src/source/stall-watch.ts'

const due = (position: number, key = 'a'): Sight => ({ key, position, state: 'due' })
const held = (position: number | null, key = 'a'): Sight => ({ key, position, state: 'held' })
const end = (position: number, key = 'a'): Sight => ({ key, position, state: 'end' })

/** Looks every second; the kinds of the verdicts. */
function kinds(sights: readonly (readonly Sight[])[], watch = new StallWatch({ stallMs: 3_000, restarts: 2 })): string[] {
  return sights.map((seen, i) => watch.look(i * 1_000, seen).kind)
}

const times = <T>(n: number, value: T): T[] => Array.from({ length: n }, () => value)

describe('a consumer', () => {
  test('that moves has not stalled, however far behind it is', () => {
    expect(kinds([1, 2, 3, 4, 5, 6, 7].map((at) => [due(at)]))).toEqual(times(7, 'fine'))
  })

  test('that stands still while more is due is made anew, then given up', () => {
    expect(kinds(times(12, [due(5)]))).toEqual([
      'fine',
      'fine',
      'fine',
      'restart',
      'fine',
      'fine',
      'fine',
      'restart',
      'fine',
      'fine',
      'fine',
      'give_up',
    ])
  })

  test('says which partition, for how long, and how often it was in vain', () => {
    const watch = new StallWatch({ stallMs: 2_500, restarts: 1 })
    watch.look(0, [due(5, 'a'), held(1, 'b')])
    expect(watch.look(2_600, [due(5, 'a'), held(1, 'b')])).toEqual({ kind: 'restart', key: 'a', stillMs: 2_600, times: 1 })
    watch.look(3_000, [due(5, 'a')])
    expect(watch.look(6_000, [due(5, 'a')])).toEqual({ kind: 'give_up', key: 'a', stillMs: 3_000, times: 1 })
  })

  test('that is held back, or has nothing to read, has not stalled', () => {
    expect(kinds(times(9, [held(5)]))).toEqual(times(9, 'fine'))
    expect(kinds(times(9, [end(5)]))).toEqual(times(9, 'fine'))
  })

  test('that was held back in between starts anew', () => {
    expect(kinds([[due(5)], [due(5)], [due(5)], [held(5)], [due(5)], [due(5)], [due(5)]])).toEqual(times(7, 'fine'))
  })

  test('whose partition is opened again further back has made no progress by that', () => {
    const sights = [...times(4, [due(9)]), [held(null)], ...times(4, [due(2)]), [held(null)], ...times(4, [due(2)])]
    expect(kinds(sights)).toEqual([
      'fine',
      'fine',
      'fine',
      'restart',
      'fine',
      'fine',
      'fine',
      'fine',
      'restart',
      'fine',
      'fine',
      'fine',
      'fine',
      'give_up',
    ])
  })

  test('that moves again has recovered: said once, and its restarts are forgotten', () => {
    const sights = [...times(4, [due(5)]), [due(5)], [due(6)], [due(7)], ...times(3, [due(7)])]
    expect(kinds(sights)).toEqual(['fine', 'fine', 'fine', 'restart', 'fine', 'recovered', 'fine', 'fine', 'fine', 'restart'])
  })

  test("whose partition is another's now, or at its end, has recovered", () => {
    expect(kinds([...times(4, [due(5)]), [], ...times(4, [due(5)])]).slice(3)).toEqual([
      'restart',
      'recovered',
      'fine',
      'fine',
      'fine',
      'restart',
    ])
    expect(kinds([...times(4, [due(5)]), [end(3)]]).slice(3)).toEqual(['restart', 'recovered'])
  })

  test('of which one partition stands still has stalled, though another moves', () => {
    const sights = times(12, 0).map((_, i) => [due(i, 'moves'), due(5, 'still')])
    expect(kinds(sights).filter((kind) => kind !== 'fine')).toEqual(['restart', 'restart', 'give_up'])
  })
})
