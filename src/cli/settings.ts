/** `tracefold settings`: every setting there is, from the schema. */
import type { Command } from 'commander'
import { settingsMarkdown, settingsText } from '../config/describe.ts'
import type { Io } from './io.ts'

export function registerSettings(program: Command, io: Io): void {
  program
    .command('settings')
    .description('list all settings with type, default, variable and meaning')
    .option('--markdown', 'as the page docs/settings.md')
    .action(({ markdown }: { markdown?: boolean }) => void io.stdout.write(markdown === true ? settingsMarkdown() : settingsText()))
}
