/**
 * `tracefold alerts test | check | list`: when would a rule have fired, are the rules as they should be, and what fires now?
 *
 * `test` reads the rollups beside whatever process runs; `check` reads files only; `list` asks a running process, for it knows.
 */
import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import type { AlertReader } from '../alert/alert-reader.ts'
import type { Settings } from '../config/schema.ts'
import { messageOf, TracefoldError } from '../errors.ts'
import { NEVER } from '../lib/never.ts'
import { alertsTable, rulesTable, testText } from './alerts-text.ts'
import { json, settingsFor, type Io } from './io.ts'

/** A process that answers later than this is as good as away. */
const ANSWER_MS = 10_000
const MAX_LISTED = 1_000

export type OpenAlertReader = (settings: Settings) => Promise<AlertReader & { close(): Promise<void> }>

interface Words {
  readonly from: string
  readonly to: string
  readonly url?: string
  readonly json?: true
}

// The rules, zod with them, and the adapters are loaded when needed: the other commands start without them.
export function registerAlerts(program: Command, io: Io, open: OpenAlertReader = openLazily): void {
  const alerts = program.command('alerts').description('alert rules: test, check; and what fires: list')
  alerts
    .command('test')
    .description('replay a rule over history and print when it would have fired')
    .argument('<file>', "the rule's file (YAML)")
    .option('--from <time>', 'start: ISO 8601, or relative such as -7d', '-7d')
    .option('--to <time>', 'end', 'now')
    .option('--json', 'print a JSON object')
    .action((file: string, words: Words, command: Command) => test(file, words, command, io, open))
  alerts
    .command('check')
    .description('check all alert rules: the built-in ones and those of your folders; exit code 78 where a file has faults')
    .argument('[folder]', 'folder to check on top of the built-in rules, in place of the configured ones')
    .option('--json', 'print a JSON array')
    .action((folder: string | undefined, words: Words, command: Command) => check(folder, words, command, io))
  alerts
    .command('list')
    .description('what fires, is pending, or was resolved lately, as a running process says')
    .option('--url <address>', 'where it answers; else this machine, at the port of the settings')
    .option('--json', 'print a JSON object')
    .action((words: Words, command: Command) => list(words, command, io))
}

async function openLazily(settings: Settings): Promise<AlertReader & { close(): Promise<void> }> {
  const { openAlertReader } = await import('./alert-reader.ts')
  return openAlertReader(settings)
}

async function test(file: string, words: Words, command: Command, io: Io, open: OpenAlertReader): Promise<void> {
  const [{ rangeOf }, { testableRule, testRule }, { testOf }] = await Promise.all([
    import('../api/range.ts'),
    import('../alert/rule-test.ts'),
    import('../api/alert-rows.ts'),
  ])
  const range = rangeOf(words, io.nowMs())
  const text = textOf(file)
  testableRule(text)
  const reader = await open(settingsFor(command, io))
  try {
    const tested = testOf(await testRule(reader, text, range, NEVER))
    io.stdout.write(words.json === true ? json(tested) : testText(tested, io.columns))
  } finally {
    await reader.close()
  }
}

async function check(folder: string | undefined, { json: asJson }: Words, command: Command, io: Io): Promise<void> {
  const { builtInAlertFolder, readAlertRuleSet } = await import('../alert/rule-load.ts')
  const folders = folder === undefined ? settingsFor(command, io).alerts.folders : [folder]
  const { rules } = readAlertRuleSet([builtInAlertFolder(), ...folders])
  const shown = rules.map(({ id, level, severity, per, title }) => ({ id, level, severity, per, title }))
  io.stdout.write(asJson === true ? json(shown) : rulesTable(shown, io.columns))
}

async function list({ url, json: asJson }: Words, command: Command, io: Io): Promise<void> {
  const { alertsAnswer } = await import('../api/alert-schemas.ts')
  const base = (url ?? `http://127.0.0.1:${settingsFor(command, io).http.port}`).replace(/\/+$/, '')
  const answer = alertsAnswer.parse(await answerOf(`${base}/api/v1/alerts?limit=${MAX_LISTED}`))
  io.stdout.write(asJson === true ? json(answer) : alertsTable(answer, io.nowMs(), io.columns))
}

async function answerOf(address: string): Promise<unknown> {
  let response: Response
  try {
    response = await fetch(address, { signal: AbortSignal.timeout(ANSWER_MS), headers: { accept: 'application/json' } })
  } catch (cause) {
    throw new TracefoldError(
      'not_available',
      `nobody answers at ${address}. Is \`tracefold run\` running, and is this its address (--url)?`,
      { cause },
    )
  }
  const body = (await response.json().catch(() => null)) as { detail?: unknown } | null
  if (response.ok && body !== null) return body
  if (response.ok)
    throw new TracefoldError('not_available', `${address} does not answer with JSON. Is this the address of Tracefold (--url)?`)
  throw new TracefoldError(
    'not_available',
    `${address} answers ${response.status}${typeof body?.detail === 'string' ? `: ${body.detail}` : ''}`,
  )
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new TracefoldError('usage', `the rule cannot be read: ${messageOf(cause)}`, { cause })
  }
}
