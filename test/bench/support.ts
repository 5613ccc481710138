/** What the benchmarks share: EcsLayout events of 3.9 KB, the program as a measured process, and printing. */
import { spawn } from 'node:child_process'
import { copyFileSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { stringify } from 'yaml'
import { packageFolder } from '../../src/package-root.ts'
import { loadSamples, sampleRecords, type SampleRecord } from '../../src/source/sample-records.ts'

const CLI = fileURLToPath(new URL('../../src/cli/cli.js', import.meta.url))
/** Linux's clock ticks a second, as /proc tells CPU time. */
const TICKS = 100
const LOOK_MS = 100

/** EcsLayout records of the bundled sample, so many of them, over the ten minutes before now. */
export async function ecsRecords(count: number): Promise<Generator<SampleRecord>> {
  const folder = mkdtempSync(join(tmpdir(), 'tracefold-bench-'))
  copyFileSync(join(packageFolder('samples'), 'ecs.ndjson.gz'), join(folder, 'ecs.ndjson.gz'))
  return sampleRecords(await loadSamples(folder), { startMs: Date.now(), spreadMs: 600_000, count })
}

export interface Measured {
  readonly wallSeconds: number
  readonly cpuSeconds: number
  /** Highest resident set seen, looked at ten times a second. */
  readonly peakMiB: number
  readonly exitCode: number | null
}

/** Runs the built program with these settings until it ends. CPU and memory are read from /proc until just before. */
export async function measure(settings: Record<string, unknown>, args: readonly string[]): Promise<Measured> {
  const file = join(mkdtempSync(join(tmpdir(), 'tracefold-bench-')), 'tracefold.yaml')
  writeFileSync(file, stringify(settings))
  const startedMs = performance.now()
  const child = spawn(process.execPath, [CLI, '--config', file, 'run', ...args], { stdio: ['ignore', 'ignore', 'inherit'] })
  let last = { cpuSeconds: 0, peakMiB: 0 }
  const look = setInterval(() => {
    const now = usageOf(child.pid ?? 0)
    if (now !== null) last = { cpuSeconds: now.cpuSeconds, peakMiB: Math.max(last.peakMiB, now.residentMiB) }
  }, LOOK_MS)
  const exitCode = await new Promise<number | null>((resolve) => child.once('exit', resolve))
  clearInterval(look)
  return { wallSeconds: (performance.now() - startedMs) / 1_000, ...last, exitCode }
}

function usageOf(pid: number): { cpuSeconds: number; residentMiB: number } | null {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
    const resident = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '0'
    return { cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS, residentMiB: Number(resident) / 1_024 }
  } catch {
    return null // it has ended
  }
}

export function say(what: string, value: string, goal = ''): void {
  console.log(`  ${what.padEnd(46)} ${value.padStart(16)}${goal === '' ? '' : `   goal ${goal}`}`)
}

export function machine(): string {
  const [first] = cpus()
  return `${cpus().length} x ${first?.model.trim() ?? 'unknown'}, Node.js ${process.version}`
}
