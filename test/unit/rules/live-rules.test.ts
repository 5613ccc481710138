/**
 * Rules that change while a stream runs: what was folded goes out by the rules before, then the new ones open their blocks, and nothing is read twice or
 * left out. (That no count is wrong afterwards, whatever is killed when, is for test/property/exactly-once.test.ts.)
 */
import { expect, test } from 'vitest'
import { schema } from '../../../src/config/schema.ts'
import { aPartition } from '../../support/builders.ts'
import type { FakeStore } from '../stream/fakes.ts'
import { byMessage, someRules } from '../../support/rules.ts'
import { errorLines, settle, startStream } from '../stream/fakes.ts'

const P0 = aPartition()
const NEW = someRules(schema.parse({}), {
  digest: 'r2',
  analyse: (event, job) => byMessage({ ...event, message: `new ${event.message}` }, job),
})

const saidBy = ({ units }: FakeStore) =>
  units.flatMap(({ rollup }) =>
    rollup.map(({ progress: { from, next, rules }, rows }) => ({ from, next, rules, titles: rows.map(({ title }) => title) })),
  )

test('what was folded is committed by the rules before, and the first commit by the new ones only opens their block', async () => {
  const { stream, source, store } = await startStream()
  source.assign(P0)
  await settle()
  source.deliver(P0, errorLines(3))
  stream.changeRules(NEW)
  expect(source.running.size).toBe(0)
  await settle()
  expect(source.running.size).toBe(1)
  source.deliver(P0, errorLines(2))
  await stream.stop()
  expect(saidBy(store)).toEqual([
    { from: 0, next: 3, rules: 'r1', titles: ['m0', 'm1', 'm2'] },
    { from: 3, next: 3, rules: 'r2', titles: [] },
    { from: 3, next: 5, rules: 'r2', titles: ['new m0', 'new m1'] },
  ])
  expect(store.opened).toHaveLength(1)
})

test('what still arrives while the old rules are being committed goes by them too', async () => {
  const { stream, source, store } = await startStream()
  source.assign(P0)
  await settle()
  store.holds = true
  source.deliver(P0, errorLines(1))
  stream.changeRules(NEW)
  source.deliver(P0, errorLines(1, 'late'))
  for (let commit = 0; commit < 3; commit++) {
    store.held[0]?.finish()
    await settle()
  }
  expect(saidBy(store)).toEqual([
    { from: 0, next: 1, rules: 'r1', titles: ['m0'] },
    { from: 0, next: 2, rules: 'r1', titles: ['late0'] },
    { from: 2, next: 2, rules: 'r2', titles: [] },
  ])
  expect(store.mostAtOnce).toBe(1)
})

test('a partition that was being opened by the rules before is opened again', async () => {
  const { stream, source, store } = await startStream()
  let isFirst = true
  store.onOpen = () => {
    if (isFirst) stream.changeRules(NEW)
    isFirst = false
  }
  source.assign(P0)
  await settle()
  expect(store.opened).toHaveLength(2)
  source.deliver(P0, errorLines(1))
  await stream.stop()
  expect(saidBy(store).at(-1)).toEqual({ from: 0, next: 1, rules: 'r2', titles: ['new m0'] })
})

test('rules of the same digest are swapped without a new block', async () => {
  const { stream, source, store } = await startStream()
  source.assign(P0)
  await settle()
  source.deliver(P0, errorLines(1))
  stream.changeRules({ ...NEW, digest: 'r1' })
  await settle()
  source.deliver(P0, errorLines(1))
  await stream.stop()
  expect(saidBy(store)).toEqual([
    { from: 0, next: 1, rules: 'r1', titles: ['m0'] },
    { from: 0, next: 2, rules: 'r1', titles: ['new m0'] },
  ])
})

test('a partition whose old counts were lost on the way is opened by the new rules', async () => {
  const { stream, source, store } = await startStream()
  source.assign(P0)
  await settle()
  store.holds = true
  source.deliver(P0, errorLines(1))
  stream.changeRules(NEW)
  store.held[0]?.finish([P0])
  await settle()
  store.holds = false
  for (const commit of store.held) commit.finish()
  await settle()
  source.deliver(P0, errorLines(1))
  await stream.stop()
  expect(saidBy(store).at(-1)).toEqual({ from: 0, next: 1, rules: 'r2', titles: ['new m0'] })
})
