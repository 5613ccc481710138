/**
 * `tracefold check-config`: are the settings valid, and what is in force? Reads the files that the settings name (secrets, certificates, rules),
 * connects to nothing. Secrets are shown as [secret].
 */
import type { Command } from 'commander'
import { faultsOfReceivers } from '../alert/deliver/open.ts'
import { checkClusterFiles } from '../config/clusters.ts'
import { configInvalid, faultLine, type Fault } from '../config/fault.ts'
import type { Given, Layer } from '../config/layer.ts'
import { readSettings } from '../config/load.ts'
import type { Settings } from '../config/schema.ts'
import { settingNamed } from '../config/setting.ts'
import { shownSettings, shownValue } from '../config/shown.ts'
import { checkTlsFiles } from '../config/tls-files.ts'
import { configFileOf, json, type Io } from './io.ts'

export function registerCheckConfig(program: Command, io: Io): void {
  program
    .command('check-config')
    .description('check the settings and show what is in force; exit code 78 where something is wrong')
    .option('--json', 'print a JSON object')
    .action(async ({ json: asJson }: { json?: boolean }, command: Command) => {
      const reading = readSettings({ file: configFileOf(command), env: io.env })
      const faults = reading.kind === 'faults' ? [...reading.faults] : []
      faults.push(...(await faultsOfFiles(reading.kind === 'faults' ? reading.readable : reading.settings, io)))
      if (reading.kind === 'faults' || faults.length > 0) {
        if (asJson === true) io.stdout.write(json({ ok: false, faults: faults.map(faultFields) }))
        throw configInvalid(faults)
      }
      io.stdout.write(
        asJson === true ? json({ ok: true, ...origins(reading.given), settings: shownSettings(reading.settings) }) : summary(reading.given),
      )
    })
}

/** The readers of rules are loaded when needed: other commands start without them. */
async function faultsOfFiles(settings: Settings, io: Io): Promise<Fault[]> {
  const { ruleFileFaults } = await import('./rule-file-faults.ts')
  return [
    ...checkTlsFiles(settings),
    ...checkClusterFiles(settings),
    ...faultsOfReceivers(settings.alerts.receivers, io.env),
    ...ruleFileFaults(settings),
  ]
}

function faultFields(fault: Fault): Fault & { message: string } {
  return { ...fault, message: faultLine(fault) }
}

function origins(given: Layer): { set: Record<string, string> } {
  return { set: Object.fromEntries([...given].map(([name, { origin }]) => [name, origin])) }
}

/** What somebody has set, and where: the rest is in `tracefold settings`. */
function summary(given: Layer): string {
  const rows = [...given].map(([name, one]) => `  ${name} = ${valueText(name, one)}  (${one.origin})\n`)
  return rows.length === 0
    ? 'ok\nAll settings have their defaults.\n'
    : `ok\n${rows.join('')}All others have their defaults (tracefold settings).\n`
}

function valueText(name: string, { value }: Given): string {
  const setting = settingNamed(name)
  return JSON.stringify(setting === undefined ? null : shownValue(setting, value))
}
