/**
 * The user that Elasticsearch runs as. It refuses root, so a root shell runs it as nobody; any other user runs it as itself.
 *
 * Rule for root: Elasticsearch's home and data lie in the cache if nobody can really enter it, else in /var/cache/tracefold. A cache
 * under /root is the usual case where the first does not do. No shared folder such as /tmp: others could put their programs there.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'

export interface User {
  readonly uid: number
  readonly gid: number
}

/** Nobody when this process is root, else null: no change of user. */
export function unprivileged(): User | null {
  if (process.getuid?.() !== 0) return null
  const id = (flag: string) => Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' }))
  return { uid: id('-u'), gid: id('-g') }
}

/** The first of the folders that `user` can enter and read; a folder that is missing is made. */
export function reachable(folders: readonly string[], user: User | null): string {
  for (const folder of folders) {
    if (made(folder) && (user === null || canEnter(folder, user))) return folder
  }
  throw new Error(
    `Elasticsearch runs as user ${user?.uid ?? process.getuid?.()}, who can enter none of ${folders.join(', ')}: set TRACEFOLD_CACHE to a folder that it can`,
  )
}

/** Candidates for what Elasticsearch keeps, `cache` first. */
export function keptFolders(cache: string): string[] {
  return [cache, '/var/cache/tracefold']
}

function made(folder: string): boolean {
  try {
    mkdirSync(folder, { recursive: true })
    return true
  } catch {
    return false
  }
}

function canEnter(folder: string, user: User): boolean {
  return spawnSync('/bin/sh', ['-c', 'cd -- "$0" && test -r .', folder], { cwd: '/', ...user }).status === 0
}
