/**
 * A real Alertmanager for one test: built once from the Go module proxy into the cache that tools/services keeps, then started on a free port with a data
 * folder of its own. It tells a webhook of the test's what it notifies of. Ends with the test process, even if that is killed.
 */
import { spawnSync } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { keep } from '../../tools/services/cache.ts'
import { startOwned, temporaryFolder, type Handle } from '../../tools/services/handle.ts'
import { run } from '../../tools/services/java.ts'
import { cacheRoot } from '../../tools/services/paths.ts'
import { freeBase, LOOPBACK } from '../../tools/services/ports.ts'

const VERSION = '0.28.1'
const MODULE = `github.com/prometheus/alertmanager/cmd/alertmanager@v${VERSION}`

export interface AlertmanagerHandle extends Handle {
  readonly url: string
}

/** Null where one can be built. Unlike a JDK, Go is nothing that this project asks of anybody, so without it the tests are skipped, also with CI=true. */
export function haveGo(): string | null {
  const found = spawnSync('go', ['version'], { encoding: 'utf8' })
  return found.status === 0 ? null : 'no Go: Alertmanager is built with it'
}

export async function startAlertmanager(webhook: string, resolveTimeout = '5m'): Promise<AlertmanagerHandle> {
  const [dir, port] = [await temporaryFolder('alertmanager'), await freeBase([0])]
  const url = `http://${LOOPBACK}:${port}`
  const handle = await startOwned({
    name: 'alertmanager',
    dir,
    ports: { http: port },
    async prepare() {
      const program = join(await built(), 'alertmanager')
      const config = join(dir, 'alertmanager.yml')
      await writeFile(config, configFor(webhook, resolveTimeout))
      return {
        program,
        args: [
          `--config.file=${config}`,
          `--storage.path=${join(dir, 'data')}`,
          `--web.listen-address=${LOOPBACK}:${port}`,
          '--cluster.listen-address=',
        ],
      }
    },
    answers: () =>
      fetch(`${url}/-/ready`).then(
        ({ ok }) => ok,
        () => false,
      ),
  })
  return Object.assign(handle, { url })
}

function built(): Promise<string> {
  const name = `alertmanager-${VERSION}`
  return keep({
    root: cacheRoot(),
    name,
    lock: name,
    build: async (scratch) => {
      const out = join(scratch, 'out')
      await mkdir(out)
      await run('go', ['install', MODULE], { GOBIN: out, GOFLAGS: '', GOTOOLCHAIN: 'local' })
      return out
    },
  })
}

/** Groups nothing and waits for nothing, so that a test sees each change. */
function configFor(webhook: string, resolveTimeout: string): string {
  return [
    'global:',
    `  resolve_timeout: ${resolveTimeout}`,
    'route:',
    '  receiver: hook',
    "  group_by: ['...']",
    '  group_wait: 10ms',
    '  group_interval: 200ms',
    '  repeat_interval: 1h',
    'receivers:',
    '  - name: hook',
    '    webhook_configs:',
    `      - url: ${webhook}`,
    '        send_resolved: true',
    '',
  ].join('\n')
}
