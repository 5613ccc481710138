/** Which shards a process has open: those that are its own, as far as they can be opened. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { EmbeddedState } from '../../../../src/alert/run/embedded-state.ts'
import { OwnShards } from '../../../../src/alert/run/own-shards.ts'
import { Shard } from '../../../../src/alert/run/shard.ts'
import type { OpenShard } from '../../../../src/alert/run/state-log.ts'
import { TracefoldError } from '../../../../src/errors.ts'
import { HOUR, T0 } from '../../../support/builders.ts'
import { waitUntil } from '../../../support/wait.ts'

let path: string
let state: EmbeddedState
let own: OwnShards
let nowMs: number
let troubles: string[]
/** Before a shard is opened. */
let before: (shard: number) => Promise<void>

beforeEach(() => {
  path = mkdtempSync(join(tmpdir(), 'tracefold-shards-'))
  state = new EmbeddedState({ path, shards: 3 })
  nowMs = T0
  troubles = []
  before = async () => {}
  const ignore = (): void => {}
  const events = { sent: ignore, retried: ignore, undelivered: ignore, refused: ignore, notKept: ignore }
  own = new OwnShards({
    open: async (shard) => {
      await before(shard)
      return state.open(shard)
    },
    make: (shard: number, log: OpenShard) =>
      new Shard({ shard, log, routes: [], suppressionOf: () => 'none', events, owner: 'us', now: () => nowMs, startMs: T0 }),
    onOpened: ignore,
    onClosed: ignore,
    onFailed: (error) => expect.unreachable(String(error)),
    onTrouble: (shard, { message }) => void troubles.push(`${shard}: ${message}`),
    now: () => nowMs,
  })
})
afterEach(async () => {
  await own.stop(100)
  await state.close()
  rmSync(path, { recursive: true, force: true })
})

const open = () =>
  own
    .list()
    .map(({ shard }) => shard)
    .toSorted()

test('shards are opened as they become ours, and left as they are taken away', async () => {
  own.own([0, 1])
  await own.adjust()
  expect(open()).toEqual([0, 1])
  own.own([1, 2])
  await own.adjust()
  expect(open()).toEqual([1, 2])
})

test('one that cannot be opened is told of, tried again after a pause, and holds up no other', async () => {
  before = async (shard) => {
    if (shard === 1 && troubles.length === 0) throw new TracefoldError('neighbour_away', 'Kafka is away')
  }
  own.own([0, 1])
  await own.adjust()
  expect([open(), troubles]).toEqual([[0], ['1: Kafka is away']])
  nowMs += HOUR
  await own.adjust()
  expect(open()).toEqual([0, 1])
})

test('one that takes long to open is there when it is, or is left where it is no longer ours by then', async () => {
  const waiting = new Map<number, () => void>()
  before = (shard) => (shard === 0 ? Promise.resolve() : new Promise((resolve) => void waiting.set(shard, resolve)))
  own.own([0, 1, 2])
  await own.adjust()
  expect(open()).toEqual([0])
  waiting.get(1)?.()
  await waitUntil('the slow one', () => open().length === 2)
  own.own([0, 1])
  waiting.get(2)?.()
  await own.adjust()
  expect(open()).toEqual([0, 1])
})
