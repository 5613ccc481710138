/**
 * One YAML file in, its layer out, with the line of each setting. What the parser says is cut before its first colon, since it
 * quotes the source behind it and the source may hold a secret.
 */
import { readFileSync } from 'node:fs'
import { isMap, isScalar, LineCounter, parseDocument, type Document } from 'yaml'
import type { Fault } from './fault.ts'
import { layerOf, type Given, type Layered } from './layer.ts'
import { settingNamed } from './setting.ts'

/** `origin` says who named the file: it is part of the fault where the file cannot be read. */
export function readYaml(file: string, origin: string): Layered {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    return nothing([{ setting: 'settings file', origin, expected: 'a readable YAML file', got: `${errorCode(error)} for ${file}` }])
  }
  return parseYaml(text, file)
}

export function parseYaml(text: string, file: string): Layered {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const problems = [...document.errors, ...document.warnings]
  if (problems.length > 0)
    return nothing(problems.map((problem) => syntaxFault(`${file}:${lines.linePos(problem.pos[0]).line}`, problem.message)))
  try {
    const { layer, faults } = layerOf(document.toJS(), (path) => `${file}:${lineOf(document, lines, path)}`)
    return withoutSecrets({ layer, faults })
  } catch (error) {
    // An alias without anchor, or one that would expand without end.
    return nothing([syntaxFault(file, error instanceof Error ? error.message : '')])
  }
}

function syntaxFault(origin: string, message: string): Fault {
  return { setting: 'settings file', origin, expected: 'valid YAML', got: message.split(':')[0] ?? '' }
}

/** A secret in the file is a fault, whatever its value; the value goes no further. */
function withoutSecrets({ layer, faults }: Layered): Layered {
  const kept = new Map<string, Given>()
  const found: Fault[] = []
  for (const [name, given] of layer) {
    const setting = settingNamed(name)
    if (setting?.kind !== 'secret') kept.set(name, given)
    else if (given.value !== null) {
      found.push({
        setting: name,
        origin: given.origin,
        expected: `no secret in the file (set ${setting.env}, or ${name}File to a file that holds it)`,
        got: 'one',
      })
    }
  }
  return { layer: kept, faults: [...faults, ...found] }
}

/** The line of the innermost key of `path` that the document has. */
function lineOf(document: Document, lines: LineCounter, path: readonly string[]): number {
  let node: unknown = document.contents
  let at = 0
  for (const key of path) {
    const pair = isMap(node) ? node.items.find((item) => isScalar(item.key) && String(item.key.value) === key) : undefined
    if (pair === undefined) break
    if (isScalar(pair.key) && pair.key.range) at = pair.key.range[0]
    node = pair.value
  }
  return lines.linePos(at).line
}

export function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'an error'
}

function nothing(faults: readonly Fault[]): Layered {
  return { layer: new Map(), faults }
}
