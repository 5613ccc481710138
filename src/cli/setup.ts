/**
 * `tracefold setup`: makes the topics, the Elasticsearch templates and script, and the Druid supervisor, for each Kafka cluster. Repeatable. A cluster
 * that is away keeps nobody else from being set up; the command fails all the same.
 */
import type { Command } from 'commander'
import { TracefoldError } from '../errors.ts'
import { createLogger } from '../log.ts'
import { closing, settingsFor, type Io } from './io.ts'

export function registerSetup(program: Command, io: Io): void {
  program
    .command('setup')
    .description('cluster mode: make topics, index templates and the Druid supervisor; repeatable')
    .action(async (_options: unknown, command: Command) => {
      const settings = settingsFor(command, io)
      if (settings.mode !== 'cluster') throw new TracefoldError('usage', 'setup goes with mode cluster; embedded mode needs none')
      const { createNeighbours, everyCluster, setUp } = await import('../cluster/neighbours.ts')
      const neighbours = createNeighbours(settings, createLogger({ level: settings.logLevel }))
      await closing(neighbours, async () => {
        const failed: unknown[] = []
        for (const one of everyCluster(neighbours)) {
          const lines = await setUp(one, one.settings).catch((error: unknown) => void failed.push(error))
          for (const line of lines ?? []) io.stdout.write(`${line}\n`)
        }
        if (failed.length > 0) throw failed[0]
      })
    })
}
