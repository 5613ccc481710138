/** The contract of the alerts' state on the embedded one: each view is a connection of its own, as each process has. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { EmbeddedState } from '../../src/alert/run/embedded-state.ts'
import { describeStateLog } from './state-log.ts'

describeStateLog('the embedded database', async () => {
  const path = mkdtempSync(join(tmpdir(), 'tracefold-state-'))
  return {
    open: () => new EmbeddedState({ path }),
    close: async () => rmSync(path, { recursive: true, force: true }),
  }
})
