/**
 * Where things lie: the checkout's own files (poms, Java sources, the reaper) and the cache outside the checkout.
 *
 * The same code runs from `tools/services/*.ts` (vitest) and from `dist/tools/services/*.js` (npm run services), so the checkout's
 * files are found from the folder that holds package.json, never relative to this file.
 */
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

/** A file of ours under tools/services, such as `kafka.pom.xml`. */
export function ownFile(name: string): string {
  return join(packageRoot(), 'tools', 'services', name)
}

/** Kept between runs: TRACEFOLD_CACHE, else XDG_CACHE_HOME/tracefold, else ~/.cache/tracefold. */
export function cacheRoot(env: NodeJS.ProcessEnv = process.env): string {
  if (env['TRACEFOLD_CACHE']) return resolve(env['TRACEFOLD_CACHE'])
  return resolve(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'tracefold')
}

function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, 'package.json'))) {
    const above = dirname(folder)
    if (above === folder) throw new Error('package.json was not found above tools/services: run this from a checkout')
    folder = above
  }
  return folder
}
