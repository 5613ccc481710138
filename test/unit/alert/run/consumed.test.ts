/** What the processes tell each other of the records that they consumed: how many died, and of what. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Consumed } from '../../../../src/alert/run/consumed.ts'
import { EmbeddedControlLog } from '../../../../src/control/embedded-control-log.ts'
import { MINUTE, T0 } from '../../../support/builders.ts'
import { waitUntil } from '../../../support/wait.ts'

let path: string
let control: EmbeddedControlLog

beforeEach(() => {
  path = mkdtempSync(join(tmpdir(), 'tracefold-consumed-'))
  control = new EmbeddedControlLog({ path, now: () => T0, onFailed: (error) => expect.unreachable(String(error)) })
})
afterEach(async () => {
  await control.close()
  rmSync(path, { recursive: true, force: true })
})

const tally = (counted: number, deadBy: Record<string, number>) => ({
  counted,
  filtered: 0,
  dead: Object.values(deadBy).reduce((sum, n) => sum + n, 0),
  deadBy,
})

test('reasons are counted by the minute, of all processes together', async () => {
  const [a, b] = [new Consumed(control, 'a'), new Consumed(control, 'b')]
  await Promise.all([a.follow(), b.follow()])
  a.note(T0, tally(90, { truncated: 10 }))
  a.note(T0 + MINUTE, tally(170, { truncated: 25, not_json: 5 }))
  a.note(T0 + MINUTE + 1, tally(171, { truncated: 25, not_json: 5 }))
  b.note(T0 + MINUTE, tally(8, { truncated: 2 }))
  await b.tell(T0 + MINUTE)
  await waitUntil('what b told', () => a.minutes.at(-1)?.dead === 22)
  expect(a.minutes).toEqual([
    { windowMs: T0, consumed: 100, dead: 10, reasons: { truncated: 10 } },
    { windowMs: T0 + MINUTE, consumed: 111, dead: 22, reasons: { truncated: 17, not_json: 5 } },
  ])
  await Promise.all([a.stop(), b.stop()])
})
