/** `tracefold ledger`: the account of what became of every consumed event, by branch and day, and whether it is in balance. */
import { InvalidArgumentError, type Command } from 'commander'
import type { Settings } from '../config/schema.ts'
import { DAY_MS } from '../lib/durations.ts'
import { imbalance, isBalanced, type LedgerReader, type LedgerTotal } from '../store/ledger.ts'
import { closing, json, settingsFor, type Io } from './io.ts'
import { NO_NAMES, withName, type Named } from './log-names.ts'
import { renderTable, type Column } from './table.ts'

const DAYS = 7

interface LedgerOptions {
  readonly from?: string
  readonly to?: string
  readonly json?: boolean
}

export type OpenLedger = (settings: Settings) => Promise<LedgerReader & Named & { close(): Promise<void> }>

export function registerLedger(program: Command, io: Io, open: OpenLedger = openLazily): void {
  program
    .command('ledger')
    .description('show what became of every consumed event: consumed = counted + filtered + dead + expired + skipped')
    .option('--from <day>', `first day, YYYY-MM-DD (${DAYS} days ago)`, parseDay)
    .option('--to <day>', 'last day, YYYY-MM-DD (today)', parseDay)
    .option('--json', 'print a JSON object')
    .action(async (options: LedgerOptions, command: Command) => {
      const ledger = await open(settingsFor(command, io))
      await closing(ledger, async () => {
        const lines = await ledger.ledger({ from: options.from ?? dayOf(io.nowMs() - DAYS * DAY_MS), to: options.to ?? dayOf(io.nowMs()) })
        io.stdout.write(
          options.json === true
            ? json({ balanced: areBalanced(lines), differences: differencesIn(lines), lines })
            : renderLedger(lines, io.columns, (await ledger.logNames?.()) ?? NO_NAMES),
        )
      })
    })
}

async function openLazily(settings: Settings): ReturnType<OpenLedger> {
  const { openLedger } = await import('../app.ts') // loaded when needed: other commands start without it
  return openLedger(settings)
}

const COLUMNS: readonly Column[] = [
  { heading: 'DAY', align: 'left' },
  { heading: 'BRANCH', align: 'left' },
  { heading: 'CONTRIBUTOR', align: 'left', flexible: true },
  { heading: 'CONSUMED', align: 'right' },
  { heading: 'COUNTED', align: 'right' },
  { heading: 'OTHERWISE', align: 'left' },
  { heading: 'BALANCE', align: 'right' },
]

export function renderLedger(lines: readonly LedgerTotal[], width: number | null, names = NO_NAMES): string {
  if (lines.length === 0) return 'Nothing was consumed in these days.\n'
  const rows = lines.map(({ day, branch, contributor, counts }) => [
    day,
    branch,
    withName(contributor, contributor.split('/')[1] ?? '', names),
    String(counts['consumed'] ?? 0),
    String(counts['counted'] ?? 0),
    otherwise(counts),
    String(imbalance(counts)),
  ])
  const balance = areBalanced(lines) ? 'in balance' : 'NOT in balance: events are unaccounted for'
  return `${renderTable(COLUMNS, rows, width)}${balance}\n${differencesIn(lines).map(differenceLine).join('')}`
}

interface Difference {
  readonly day: string
  readonly contributor: string
  readonly detail: number
  readonly rollup: number
}

/** Days of a contributor of which the branches have not consumed the same. */
function differencesIn(lines: readonly LedgerTotal[]): Difference[] {
  const rollups = new Map(lines.flatMap((line) => (line.branch === 'rollup' ? [[`${line.day} ${line.contributor}`, line.counts]] : [])))
  return lines.flatMap(({ branch, day, contributor, counts: { consumed = 0 } }) => {
    const rollup = branch === 'detail' ? rollups.get(`${day} ${contributor}`)?.['consumed'] : undefined
    return rollup === undefined || rollup === consumed ? [] : [{ day, contributor, detail: consumed, rollup }]
  })
}

function differenceLine({ day, contributor, detail, rollup }: Difference): string {
  return `${day} ${contributor}: detail has consumed ${detail}, rollup ${rollup}: the branches are at different places, or one has skipped or counted twice\n`
}

function otherwise(counts: LedgerTotal['counts']): string {
  const rest = Object.entries(counts).filter(([name, n]) => name !== 'consumed' && name !== 'counted' && n > 0)
  return rest.length === 0 ? '-' : rest.map(([name, n]) => `${name} ${n}`).join(', ')
}

function areBalanced(lines: readonly LedgerTotal[]): boolean {
  return lines.every(({ counts }) => isBalanced(counts))
}

function parseDay(text: string): string {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text) || Number.isNaN(Date.parse(text)))
    throw new InvalidArgumentError('Expected a day such as 2026-11-21.')
  return text
}

function dayOf(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, 10)
}
