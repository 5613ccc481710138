/**
 * A lock between processes: one SQLite file that one process at a time holds in an exclusive transaction.
 *
 * SQLite's lock belongs to the process, so the kernel drops it when the holder dies: there is no stale lock to guess about.
 */
import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { DatabaseSync } from '@photostructure/sqlite'

const ASK_AGAIN_MS = 200

/** Runs `work` while nobody else holds `file`; `onWait` is called once if somebody does. */
export async function withLock<T>(file: string, work: () => Promise<T>, onWait: () => void = () => {}): Promise<T> {
  await mkdir(dirname(file), { recursive: true })
  const lock = new DatabaseSync(file, { timeout: 0 })
  try {
    if (!tryLock(lock)) {
      onWait()
      while (!tryLock(lock)) await sleep(ASK_AGAIN_MS)
    }
    return await work()
  } finally {
    lock.close()
  }
}

function tryLock(lock: InstanceType<typeof DatabaseSync>): boolean {
  try {
    lock.exec('BEGIN EXCLUSIVE')
    return true
  } catch (error) {
    if (error instanceof Error && error.message.includes('locked')) return false
    throw error
  }
}
