import { expect, test } from 'vitest'
import { blindness, type Known } from '../../../../src/alert/run/blindness.ts'
import { HOUR, MINUTE, T0 } from '../../../support/builders.ts'

const SETTINGS = { intervalMs: 5_000, delayMs: 30_000, maxLagMs: 10 * MINUTE }
const SEEING: Known = { nowMs: T0, closed: [], openShards: 1, last: { atMs: T0, blind: null }, untilMs: [T0 - MINUTE, T0 - MINUTE] }

test.each<[string, Partial<Known>, string | null]>([
  ['all see', {}, null],
  ['all shards are those of others', { openShards: 0, last: null }, null],
  ['all shards are those of others, since we have lost ours', { openShards: 0, last: { atMs: T0 - HOUR, blind: 'long ago' } }, null],
  ['nobody has evaluated anything', { openShards: 0, last: null, untilMs: [] }, 'nothing is evaluated yet'],
  ['the rollups are away', { last: { atMs: T0, blind: 'Druid is away' } }, 'Druid is away'],
  ['a turn takes long', { last: { atMs: T0 - 2 * MINUTE, blind: null } }, 'nothing is evaluated since 2026-11-20T09:58:00.000Z'],
  ['a shard of ours is not open', { closed: [{ shard: 1, why: null }] }, 'shard 1 of the alerts is not open yet'],
  ['one cannot be opened', { closed: [{ shard: 1, why: 'of version 2' }] }, 'shard 1 of the alerts cannot be opened: of version 2'],
  [
    'nobody evaluates a shard',
    { openShards: 0, last: null, untilMs: [T0, T0 - HOUR] },
    'shard 1 of the alerts is evaluated until 2026-11-20T09:00:00.000Z only',
  ],
  ['nobody ever did', { untilMs: [T0, null] }, 'shard 1 of the alerts was never evaluated'],
])('rules see or do not, and why: %s', (_, known, why) => {
  expect(blindness({ ...SEEING, ...known }, SETTINGS)).toBe(why)
})
