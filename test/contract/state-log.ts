/** The contract of the alerts' state, for any adapter: `open` gives one process's view of a log that all views of a test share. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { OpenShard, SavedRecord, StateLog } from '../../src/alert/run/state-log.ts'
import { waitUntil } from '../support/wait.ts'

export interface StateAdapter {
  /** One more process. It is closed by the test. */
  open(): StateLog
  close(): Promise<void>
}

class Told {
  owned: readonly number[] = []
  readonly values = new Map<string, unknown>()

  readonly handler = {
    onRecord: (shard: number, { key, value }: SavedRecord): void =>
      void (value === null ? this.values.delete(`${shard} ${key}`) : this.values.set(`${shard} ${key}`, value)),
    onReset: (): void => this.values.clear(),
    onOwned: (shards: readonly number[]): void => void (this.owned = shards),
  }
}

const record = (key: string, n: number | null): SavedRecord => ({ key, value: n === null ? null : { v: 1, n } })
const restored = ({ restored: found }: OpenShard): unknown => Object.fromEntries([...found].map(([key, { n }]) => [key, n] as const))

export function describeStateLog(name: string, make: () => Promise<StateAdapter>): void {
  describe(`the state of alerts in ${name}`, () => {
    let adapter: StateAdapter
    let logs: StateLog[]

    beforeEach(async () => {
      adapter = await make()
      logs = []
    })
    afterEach(async () => {
      for (const log of logs) await log.close()
      await adapter.close()
    })

    /** A process that owns shard 0, alone. */
    async function owner(): Promise<{ log: StateLog; told: Told }> {
      const [log, told] = [adapter.open(), new Told()]
      logs.push(log)
      await log.start(told.handler)
      await waitUntil('shard 0 to be ours', () => told.owned.includes(0))
      return { log, told }
    }

    test('what is saved is told, restored by the next opening, and gone where it was deleted', async () => {
      const { log, told } = await owner()
      const first = await log.open(0)
      expect(restored(first)).toEqual({})
      await first.save([record('at', 1), record('alert/a', 1), record('alert/b', 1)])
      await first.save([record('at', 2), record('alert/a', null)])
      await waitUntil('the last', () => (told.values.get('0 at') as { n: number } | undefined)?.n === 2)
      expect(Object.fromEntries(told.values)).toEqual({ '0 at': { v: 1, n: 2 }, '0 alert/b': { v: 1, n: 1 } })
      await first.close()
      expect(restored(await log.open(0))).toEqual({ at: 2, 'alert/b': 1 })
    })

    test('whoever opens a shard fences who had it before, whose writes leave no trace', async () => {
      const { log } = await owner()
      const zombie = await log.open(0)
      await zombie.save([record('at', 1)])
      const successor = await log.open(0)
      await expect(zombie.save([record('at', 9), record('alert/zombie', 9)])).rejects.toMatchObject({ code: 'partition_lost' })
      await successor.save([record('at', 2)])
      await expect(zombie.save([record('at', 9)])).rejects.toMatchObject({ code: 'partition_lost' })
      expect(restored(await log.open(0))).toEqual({ at: 2 })
    })

    test('a process that comes later is told what is there', async () => {
      const first = await owner()
      await (await first.log.open(0)).save([record('at', 1)])
      await first.log.close()
      const { told } = await owner()
      expect(Object.fromEntries(told.values)).toEqual({ '0 at': { v: 1, n: 1 } })
    })

    test('a save of thousands is one', async () => {
      const { log } = await owner()
      const many = Array.from({ length: 3_000 }, (_, i) => ({ key: `alert/${i}`, value: { v: 1, n: i, filler: 'x'.repeat(600) } }))
      await (await log.open(0)).save(many)
      expect((await log.open(0)).restored.size).toBe(3_000)
    })
  })
}
