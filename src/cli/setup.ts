/** `tracefold setup`: makes the topics, the Elasticsearch templates and script, and the Druid supervisor. Repeatable. */
import type { Command } from 'commander'
import { TracefoldError } from '../errors.ts'
import { createLogger } from '../log.ts'
import { settingsFor, type Io } from './io.ts'

export function registerSetup(program: Command, io: Io): void {
  program
    .command('setup')
    .description('cluster mode: make topics, index templates and the Druid supervisor; repeatable')
    .action(async (_words: unknown, command: Command) => {
      const settings = settingsFor(command, io)
      if (settings.mode !== 'cluster') throw new TracefoldError('usage', 'setup goes with mode cluster; embedded mode needs none')
      const { createNeighbours, setUp } = await import('../cluster/neighbours.ts')
      const neighbours = createNeighbours(settings, createLogger({ level: settings.logLevel }))
      try {
        for (const line of await setUp(neighbours, settings)) io.stdout.write(`${line}\n`)
      } finally {
        await neighbours.close()
      }
    })
}
