/**
 * Paths as people give them, in; files that exist, out: `*` stands for any characters within one folder's names, `**` for a folder and all that are
 * below it. Hidden ones are left out, and links to folders, which may lead in a circle. Sorted, each once.
 */
import type { Dirent } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join, resolve, sep } from 'node:path'
import { TracefoldError } from '../errors.ts'

/** Of a `**`: it is walked at every look, four times a second. */
const MAX_FOLDERS = 2_000

export function isGlob(path: string): boolean {
  return path.includes('*')
}

/** Files that match now. What does not exist is left out. */
export async function expand(paths: readonly string[]): Promise<string[]> {
  const found = await Promise.all(paths.map((path) => (isGlob(path) ? expandGlob(resolve(path)) : [resolve(path)])))
  const files = await Promise.all(found.flat().map(async (path) => ((await isFile(path)) ? [path] : [])))
  return [...new Set(files.flat())].toSorted()
}

/** Throws `usage` where a path that is no pattern names nothing that can be read, or (unless they may come later) a pattern matches nothing. */
export async function checkPaths(paths: readonly string[], mayComeLater: boolean): Promise<void> {
  for (const path of paths) {
    const found = await expand([path])
    if (found.length > 0 || (isGlob(path) && mayComeLater)) continue
    throw new TracefoldError('usage', isGlob(path) ? `No file matches ${path}.` : await whyNot(path))
  }
}

async function whyNot(path: string): Promise<string> {
  const found = await stat(path).catch(() => null)
  if (found === null) return `There is no file ${path}: expected a log file, or a pattern such as logs/*.log.`
  if (found.isDirectory()) return `${path} is a folder: expected a log file, or a pattern such as ${join(path, '*.log')}.`
  return `${path} is no regular file: a pipe is read from standard input, named -.`
}

async function expandGlob(pattern: string): Promise<string[]> {
  const parts = pattern.split(sep)
  if (parts.at(-1) === '**') parts.push('*')
  let found = ['']
  for (const part of parts) {
    const next = await Promise.all(found.map((folder) => step(folder, part)))
    found = [...new Set(next.flat())]
  }
  return found
}

async function step(folder: string, part: string): Promise<string[]> {
  if (!isGlob(part)) return [folder === '' && part === '' ? sep : join(folder, part)]
  if (part === '**') return foldersFrom(folder)
  const names = await readdir(folder).catch((): string[] => [])
  return names.filter((name) => matches(name, part)).map((name) => join(folder, name))
}

/** The folder itself, and all below it. Throws `usage` where they are too many. */
async function foldersFrom(top: string): Promise<string[]> {
  const folders = [top]
  for (const folder of folders) {
    const entries = await readdir(folder, { withFileTypes: true }).catch((): Dirent[] => [])
    for (const entry of entries) if (entry.isDirectory() && !entry.name.startsWith('.')) folders.push(join(folder, entry.name))
    if (folders.length > MAX_FOLDERS)
      throw new TracefoldError('usage', `More than ${MAX_FOLDERS} folders are below ${top}: expected a pattern whose ** stands for fewer.`)
  }
  return folders
}

function matches(name: string, pattern: string): boolean {
  const isHidden = name.startsWith('.') && !pattern.startsWith('.')
  const source = pattern
    .split('*')
    .map((literal) => literal.replace(/[.+?^${}()|[\]\\]/g, String.raw`\$&`))
    .join('.*')
  return !isHidden && new RegExp(`^${source}$`, 's').test(name)
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  )
}
