/** What a stream's loop is to do once it is at rest. */
import { expect, test } from 'vitest'
import { AtRest } from '../../../src/stream/at-rest.ts'
import { schema } from '../../../src/config/schema.ts'
import { aPartition } from '../../support/builders.ts'
import { someRules } from '../../support/rules.ts'

const RULES = someRules(schema.parse({}))

test('a turn is due before openings, and each thing once', () => {
  const atRest = new AtRest()
  expect(atRest.due()).toBeNull()
  atRest.reopen(aPartition())
  atRest.reopen(aPartition())
  expect(atRest.due()).toBe('reopen')
  atRest.turn(null)
  expect(atRest.due()).toBe('rules')
  expect(atRest.takeTurn()).toEqual({ rules: null })
  expect(atRest.takeTurn()).toBeNull()
  expect(atRest.takeOpenings()).toEqual([aPartition()])
  expect(atRest.due()).toBeNull()
})

test('new blocks by the same rules take nothing away from other rules that wait', () => {
  const atRest = new AtRest()
  atRest.turn(RULES)
  atRest.turn(null)
  expect(atRest.takeTurn()).toEqual({ rules: RULES })
})

test('a new assignment opens everything: no opening is due any more, but a turn is', () => {
  const atRest = new AtRest()
  atRest.reopen(aPartition())
  atRest.turn(null)
  atRest.forgetOpenings()
  expect(atRest.takeOpenings()).toEqual([])
  expect(atRest.due()).toBe('rules')
})
