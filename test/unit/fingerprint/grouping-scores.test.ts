/** The scores of the benchmark, on examples small enough to reckon by hand. */
import { describe, expect, it } from 'vitest'
import { scoresOf, type Scores } from '../../bench/grouping-scores.ts'

/** Each word is an event: its predicted and its true group, a letter each. */
function score(events: string): Scores {
  return scoresOf(events.split(' ').map((event) => ({ predicted: event[0]!, truth: event[1]! })))
}

describe('scores of a grouping', () => {
  it('that is right are all 1, whatever the names', () => {
    expect(score('ax ax by cz cz')).toEqual({ ga: 1, fga: 1, pairPrecision: 1, pairF1: 1, purity: 1, bcubedF1: 1 })
  })

  it('that merges two groups lose precision', () => {
    // One of one predicted group wrong, of three true ones: pairs 1 of 3 right, and all true ones found.
    const { ga, fga, pairPrecision, pairF1, purity, bcubedF1 } = score('ax ax ay bz')
    expect({ ga, fga, pairPrecision, pairF1, purity }).toEqual({
      ga: 1 / 4,
      fga: 2 / 5,
      pairPrecision: 1 / 3,
      pairF1: 1 / 2,
      purity: 3 / 4,
    })
    expect(bcubedF1).toBeCloseTo((2 * (2 / 3)) / (5 / 3), 12) // precision (2/3 + 2/3 + 1/3 + 1) / 4, recall 1
  })

  it('that splits a group lose recall, not purity', () => {
    expect(score('ax bx cy')).toMatchObject({ ga: 1 / 3, pairPrecision: 1, pairF1: 0, purity: 1 })
  })
})
