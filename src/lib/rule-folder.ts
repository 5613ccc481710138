/**
 * In: folders of YAML files, one rule each, named as its id; a single file is a folder of itself. Out: all rules, with the file, the text and the
 * folder that each came from, folder by folder and in the order of the file names. Hidden files and folders do not count (a mounted ConfigMap has
 * its content twice, once below `..data`).
 *
 * All or nothing: one wrong file refuses all, with every fault by file, line and field, so that the caller keeps the last good set. What a later
 * folder does to the rules of an earlier one, and the order in force, is the caller's. Throws `config_invalid`.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { messageOf, TracefoldError } from '../errors.ts'
import type { Checked } from './checked-yaml.ts'

export interface RuleFile<T> {
  readonly folder: string
  readonly file: string
  readonly text: string
  readonly rule: T
}

type Read<T> = (yaml: string) => Checked<T>

/** `what` names the rules in the message: patterns. */
export function readRuleFolders<T extends { readonly id: string }>(folders: readonly string[], what: string, read: Read<T>): RuleFile<T>[] {
  const faults: string[] = []
  const found = folders.flatMap((folder) => readRuleFolder(folder, read, faults))
  if (faults.length > 0) throw new TracefoldError('config_invalid', `${what} cannot be used:\n${faults.join('\n')}`)
  return found
}

/** The YAML files of a folder, in order; a file is its own only one. Throws where it cannot be read. */
export function yamlFilesIn(path: string): string[] {
  if (statSync(path).isFile()) return [path]
  const names = readdirSync(path, { recursive: true, encoding: 'utf8' })
  return names
    .filter((name) => /\.ya?ml$/.test(name) && !/(?:^|[\\/])\./.test(name))
    .sort()
    .map((name) => join(path, name))
}

/** The id of the rule in a file. */
export function idOfFile(file: string): string {
  return basename(file).replace(/\.ya?ml$/, '')
}

function readRuleFolder<T extends { readonly id: string }>(folder: string, read: Read<T>, faults: string[]): RuleFile<T>[] {
  const byId = new Map<string, RuleFile<T>>()
  for (const { file, text } of textsIn(folder, faults)) {
    const result = read(text)
    if ('faults' in result) {
      faults.push(...result.faults.map(({ line, field, why }) => `${file}:${line}: ${field}: ${why}`))
      continue
    }
    const { id } = result.value
    if (id !== idOfFile(file)) faults.push(`${file}: id: expected ${idOfFile(file)}, as the file is named, got ${id}`)
    else if (byId.has(id)) faults.push(`${file}: id: ${id} is taken by another file of this folder`)
    else byId.set(id, { folder, file, text, rule: result.value })
  }
  return [...byId.values()]
}

function textsIn(folder: string, faults: string[]): { file: string; text: string }[] {
  try {
    return yamlFilesIn(folder).map((file) => ({ file, text: readFileSync(file, 'utf8') }))
  } catch (error) {
    faults.push(`${folder}: cannot be read: ${messageOf(error)}`)
    return []
  }
}
