/**
 * Embedded mode reads a file of EcsLayout events: events a second of wall and of CPU. Beside it, from the same run, the plain twin: the same file split
 * into lines and parsed as JSON, nothing else.
 */
import { createWriteStream, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ecsRecords, machine, measure, say } from './support.ts'

const EVENTS = 200_000

export async function benchEmbedded(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'tracefold-bench-'))
  try {
    const file = join(folder, 'app.ndjson')
    const bytes = await writeEvents(file)
    const run = await measure({ embedded: { path: join(folder, 'data') }, http: { port: 0 }, logLevel: 'error' }, ['--exit-at-end', file])
    const plain = parseOnly(file)
    say('machine', machine())
    say('events, size of one', `${EVENTS} x ${Math.round(bytes / EVENTS)} B`)
    say('events/s', String(Math.round(EVENTS / run.wallSeconds)), '10000 or more on one core')
    say('events per CPU-second', String(Math.round(EVENTS / run.cpuSeconds)))
    say('peak resident', `${Math.round(run.peakMiB)} MiB`)
    say('CPU, times that of JSON.parse of each line', (run.cpuSeconds / plain).toFixed(1))
    if (run.exitCode !== 0) console.log(`  the program ended with ${run.exitCode}: figures void`)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function writeEvents(file: string): Promise<number> {
  const out = createWriteStream(file)
  let bytes = 0
  for (const { value } of await ecsRecords(EVENTS)) {
    bytes += value.length + 1
    if (!out.write(Buffer.concat([value, Buffer.from('\n')]))) await once(out, 'drain')
  }
  out.end()
  await once(out, 'finish')
  return bytes
}

/** CPU-seconds. */
function parseOnly(file: string): number {
  const before = process.cpuUsage()
  const bytes = readFileSync(file)
  for (let from = 0, end = bytes.indexOf(10); end !== -1; from = end + 1, end = bytes.indexOf(10, from))
    JSON.parse(bytes.toString('utf8', from, end))
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1e6
}
