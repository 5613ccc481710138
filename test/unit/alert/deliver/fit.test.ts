import { describe, expect, it } from 'vitest'
import { fit } from '../../../../src/alert/deliver/fit.ts'

describe('what fits', () => {
  it('is as much as can be shown, and no more', () => {
    for (let room = 1; room <= 60; room++) {
      expect(
        fit({ alerts: 100, maxShown: 50, render: (shown, brevity) => ({ shown, brevity }), fits: ({ shown }) => shown <= room }),
      ).toEqual({ shown: Math.min(room, 50), brevity: 0 })
    }
  })

  it('is one alert, ever more briefly, where not even one fits', () => {
    expect(
      fit({ alerts: 100, maxShown: 50, render: (shown, brevity) => ({ shown, brevity }), fits: ({ brevity }) => brevity >= 2 }),
    ).toEqual({ shown: 1, brevity: 2 })
  })

  it('is nothing where nothing does, and that is refused', () => {
    expect(() => fit({ alerts: 1, maxShown: 1, render: () => null, fits: () => false })).toThrowError(/not even one/)
  })
})
