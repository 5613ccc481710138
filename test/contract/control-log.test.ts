/** The control log's contract on the embedded one: each view is a connection of its own, as each process has. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { EmbeddedControlLog } from '../../src/control/embedded-control-log.ts'
import { T0 } from '../support/builders.ts'
import { describeControlLog } from './control-log.ts'

describeControlLog('the embedded database', async () => {
  const path = mkdtempSync(join(tmpdir(), 'tracefold-control-'))
  return {
    open: () => new EmbeddedControlLog({ path, now: () => T0, onFailed: fail }),
    close: async () => rmSync(path, { recursive: true, force: true }),
  }
})

function fail(error: unknown): never {
  throw error
}
