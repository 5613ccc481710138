/**
 * Looks at processes of this machine by id: does it live, is it the one that we started, how much memory does it hold.
 *
 * A process id alone proves nothing, since ids are used again: an id with its start time does. A zombie counts as gone, but not before
 * its last thread has ended: until then a killed JVM still holds its ports.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'

export interface Process {
  readonly pid: number
  /** Process group: a server and what its start script forked share one. */
  readonly group: number
  /** Opaque: equal for one process at all times, different for another one with the same id. */
  readonly startedAt: string
}

const HAS_PROC = existsSync('/proc/self/stat')

/** The living process with this id, or null. */
export function inspect(pid: number): Process | null {
  const seen = look(pid)
  return seen === null || seen.isEnded ? null : seen.process
}

/** Who has this id, be it only a zombie: our own child keeps its id until our event loop has heard of its end. */
export function identify(pid: number): Process | null {
  return look(pid)?.process ?? null
}

/** Resident memory in MiB, or null where it cannot be told. */
export function residentMiB(pid: number): number | null {
  const kib = HAS_PROC ? /VmRSS:\s+(\d+)/.exec(read(`/proc/${pid}/status`))?.[1] : ps(pid, 'rss=')
  return kib ? Math.round(Number(kib) / 1024) : null
}

interface Seen {
  readonly process: Process
  readonly isEnded: boolean
}

function look(pid: number): Seen | null {
  return HAS_PROC ? fromProc(pid) : fromPs(pid)
}

function fromProc(pid: number): Seen | null {
  const stat = read(`/proc/${pid}/stat`)
  // The name in brackets may hold blanks and brackets itself; what follows the last one is: state, parent, group, ...
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const [state, , group] = fields
  const threads = fields[17]
  const startedAt = fields[19]
  if (group === undefined || startedAt === undefined) return null
  const isEnded = state === 'X' || (state === 'Z' && Number(threads) <= 1)
  return { process: { pid, group: Number(group), startedAt }, isEnded }
}

function fromPs(pid: number): Seen | null {
  const [state = '', group, ...startedAt] = ps(pid, 'state=,pgid=,lstart=').split(/\s+/)
  if (group === undefined) return null
  return { process: { pid, group: Number(group), startedAt: startedAt.join(' ') }, isEnded: state.startsWith('Z') }
}

function ps(pid: number, columns: string): string {
  return spawnSync('ps', ['-o', columns, '-p', String(pid)], { encoding: 'utf8' }).stdout?.trim() ?? ''
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return '' // the process is gone
  }
}
