/**
 * How the tests are found and run. A file's name decides what kind of test it is, wherever under test/ it lies:
 *
 *   *.test.ts          project `unit`: no server but on the loopback address, within the test; no clock decides. Runs in parallel.
 *   *.service.test.ts  project `service`: against real Kafka, Elasticsearch and Druid, which test/support/services.ts starts once for the
 *                      run, when the first file asks, and skips where there is no JDK. One file after the other: the machine has few cores.
 *
 * A contract suite lies in a file of neither name and is run by one of each: contract/rollup-store.test.ts on the embedded store,
 * contract/rollup-store.service.test.ts on the real one. tools/test/run.ts runs both projects and adds them up.
 */
import { configDefaults, defineConfig } from 'vitest/config'

const SERVICE_FILES = 'test/**/*.service.test.ts'

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: [...configDefaults.exclude, SERVICE_FILES],
          testTimeout: 40_000, // longer than `waitUntil` waits (30 s): it says what never came to be, a timeout does not
          isolate: false, // half of the time is importing the same files again; nothing here changes a module's state
        },
      },
      {
        test: {
          name: 'service',
          include: [SERVICE_FILES],
          globalSetup: ['test/support/services.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          fileParallelism: false,
        },
      },
    ],
  },
})
