/** Names of logs under their many rotations. */
import { expect, it } from 'vitest'
import { logName } from '../../../src/source/file-identity.ts'

it.each([
  ['/var/log/app.log', 'app'],
  ['app.log.1', 'app'],
  ['app.log.2026-03-01.gz', 'app'],
  ['app-2026-03-01-1.log.gz', 'app'],
  ['app_20260301.json', 'app'],
  ['rt-order-flow.ndjson', 'rt-order-flow'],
  ['flink-taskexecutor-0-host.log', 'flink-taskexecutor'],
  ['server.out.old', 'server'],
  ['logs', 'logs'],
  ['my.logic.txt', 'my.logic'],
  ['2026-03-01.log', '2026-03-01.log'],
  ['2026-03-01.log.gz', '2026-03-01.log'],
])('%s is the log %s', (path, name) => {
  expect(logName(path)).toBe(name)
})
