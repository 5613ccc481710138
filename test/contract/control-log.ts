/** The contract of the control log, for any adapter: `open` gives one process's view of a log that all views of a test share. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { MAX_ENTRY_BYTES, type ControlEntry, type ControlLog, type ControlValue } from '../../src/control/control-log.ts'
import { waitUntil } from '../support/wait.ts'

export interface ControlAdapter {
  /** One more process. It is closed by the test. */
  open(): ControlLog
  close(): Promise<void>
}

/** What a follower was told, and what it makes of it. */
interface Told {
  readonly entries: ControlEntry[]
  state(): Record<string, unknown>
}

function told(): Told & { onEntry: (entry: ControlEntry) => void } {
  const entries: ControlEntry[] = []
  const state = (): Record<string, unknown> => {
    const values = new Map(entries.map(({ key, value }) => [key, value]))
    return Object.fromEntries([...values].filter(([, value]) => value !== null))
  }
  return { entries, state, onEntry: (entry) => void entries.push(entry) }
}

const value = (n: number): ControlValue => ({ v: 1, n })
const numbers = ({ entries }: Told): unknown[] => entries.map((entry) => entry.value?.['n'] ?? null)

export function describeControlLog(name: string, make: () => Promise<ControlAdapter>): void {
  describe(`the control log on ${name}`, () => {
    let adapter: ControlAdapter
    let logs: ControlLog[]

    beforeEach(async () => {
      adapter = await make()
      logs = []
    })
    afterEach(async () => {
      for (const log of logs) await log.close()
      await adapter.close()
    })

    function open(): ControlLog {
      const log = adapter.open()
      logs.push(log)
      return log
    }

    test('following begins with what is there, and resolves when that has been told', async () => {
      const writer = open()
      await writer.put('rule/a', value(1))
      await writer.put('rule/b', value(2))
      await writer.put('rule/a', value(3))
      const seen = told()
      await open().follow(['rule/'], seen.onEntry)
      expect(seen.state()).toEqual({ 'rule/a': value(3), 'rule/b': value(2) })
    })

    test('an empty log is followed at once', async () => {
      const seen = told()
      await open().follow(['rule/'], seen.onEntry)
      expect(seen.entries).toEqual([])
    })

    test('own writes come back in the order they were made, without being waited for one by one', async () => {
      const log = open()
      const seen = told()
      await log.follow(['rule/'], seen.onEntry)
      await Promise.all(Array.from({ length: 20 }, (_, i) => log.put(`rule/${i % 3}`, value(i))))
      await waitUntil('all writes', () => numbers(seen).includes(19))
      expect(numbers(seen)).toEqual(Array.from({ length: 20 }, (_, i) => i))
    })

    test("every process sees every other's writes, and all see the same in the end", async () => {
      const [one, other] = [open(), open()]
      const [seenByOne, seenByOther] = [told(), told()]
      await one.follow(['rule/'], seenByOne.onEntry)
      await other.follow(['rule/'], seenByOther.onEntry)
      for (let i = 0; i < 10; i++)
        await Promise.all([
          one.put('rule/shared', value(i)),
          other.put('rule/shared', value(100 + i)),
          one.put(`rule/one-${i}`, value(i)),
          other.put(`rule/other-${i}`, value(i)),
        ])
      await one.put('rule/end', value(1))
      await waitUntil('the last write everywhere', () => [seenByOne, seenByOther].every((seen) => 'rule/end' in seen.state()))
      expect(Object.keys(seenByOne.state())).toHaveLength(22)
      expect(seenByOther.state()).toEqual(seenByOne.state())
    })

    test('a deletion reaches who follows, and who follows later ends without the value', async () => {
      const log = open()
      const seen = told()
      await log.follow(['silence/'], seen.onEntry)
      await log.put('silence/a', value(1))
      await log.put('silence/a', null)
      await waitUntil('the deletion', () => seen.entries.at(-1)?.value === null)
      const later = told()
      await open().follow(['silence/'], later.onEntry)
      expect(later.state()).toEqual({})
    })

    test('a key that was deleted can be written again', async () => {
      const log = open()
      await log.put('rule/a', value(1))
      await log.put('rule/a', null)
      await log.put('rule/a', value(2))
      const seen = told()
      await open().follow(['rule/'], seen.onEntry)
      expect(seen.state()).toEqual({ 'rule/a': value(2) })
    })

    test('only keys of the prefixes are told', async () => {
      const log = open()
      await log.put('group/before', value(1))
      const seen = told()
      await log.follow(['rule/', 'silence/'], seen.onEntry)
      await log.put('group/after', value(2))
      await log.put('rule/a', value(3))
      await log.put('ruler/b', value(4))
      await log.put('silence/c', value(5))
      await waitUntil('the last', () => 'silence/c' in seen.state())
      expect(Object.keys(seen.state())).toEqual(['rule/a', 'silence/c'])
    })

    test('after a stop nothing more is told, and others go on', async () => {
      const log = open()
      const [stopped, going] = [told(), told()]
      const following = await log.follow(['rule/'], stopped.onEntry)
      await log.follow(['rule/'], going.onEntry)
      await log.put('rule/a', value(1))
      await waitUntil('both', () => [stopped, going].every((seen) => seen.entries.length === 1))
      await following.stop()
      await log.put('rule/b', value(2))
      await waitUntil('the other one', () => going.entries.length === 2)
      expect(stopped.entries).toHaveLength(1)
    })

    test('what was put is there after the process has gone', async () => {
      const gone = open()
      await gone.put('rule/a', value(1))
      await gone.close()
      const seen = told()
      await open().follow(['rule/'], seen.onEntry)
      expect(seen.state()).toEqual({ 'rule/a': value(1) })
    })

    test('keys and values of any script come back as they were', async () => {
      const log = open()
      const odd: ControlValue = { v: 7, 訂單: ['😀', null, 1.5, { deep: { 'a/b': '\u0000 \n "' } }], '': true }
      await log.put('group/訂單 "流" / 😀\n', odd)
      const seen = told()
      await open().follow(['group/'], seen.onEntry)
      expect(seen.state()).toEqual({ 'group/訂單 "流" / 😀\n': odd })
    })

    test('an entry as large as it may be goes through; one byte more is refused, and so is a key without a kind', async () => {
      const log = open()
      const frame = JSON.stringify({ v: 1, text: '' }).length
      const largest: ControlValue = { v: 1, text: 'x'.repeat(MAX_ENTRY_BYTES - frame) }
      await log.put('rule/large', largest)
      const seen = told()
      await open().follow(['rule/'], seen.onEntry)
      expect(seen.state()).toEqual({ 'rule/large': largest })
      await expect(log.put('rule/large', { v: 1, text: 'x'.repeat(MAX_ENTRY_BYTES - frame + 1) })).rejects.toMatchObject({
        code: 'bad_request',
      })
      for (const key of ['', 'rule', 'rule/', '/rule', 'Rule/a', `rule/${'x'.repeat(2_000)}`])
        await expect(log.put(key, value(1))).rejects.toMatchObject({ code: 'bad_request' })
    })

    test('a handler may write: what it writes is told after what it is being told', async () => {
      const log = open()
      const seen = told()
      await log.follow(['rule/'], (entry) => {
        seen.onEntry(entry)
        if (entry.value?.['n'] === 1) void log.put('rule/answer', value(2))
      })
      await Promise.all([log.put('rule/a', value(1)), log.put('rule/b', value(3))])
      await waitUntil('the answer', () => 'rule/answer' in seen.state())
      await log.put('rule/end', value(4))
      await waitUntil('the end', () => 'rule/end' in seen.state())
      expect(numbers(seen).toSorted()).toEqual([1, 2, 3, 4])
    })
  })
}
