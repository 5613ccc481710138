/**
 * The text of a YAML file, checked against a schema.
 *
 * In: YAML, a schema, and what no schema can say of it. Out: the value, or every fault at once, with its line, its field and why. Pure, and never
 * throws; `loadChecked` reads the file and throws all faults as one `config_invalid`.
 */
import { readFileSync } from 'node:fs'
import { isMap, isNode, isScalar, isSeq, LineCounter, parseDocument, type Document } from 'yaml'
import type { z } from 'zod'
import { messageOf, TracefoldError } from '../errors.ts'

export interface YamlFault {
  /** From 1: where the field stands, or where it ought to stand. */
  readonly line: number
  /** `rules.2.match.level`, or `(file)`. */
  readonly field: string
  readonly why: string
}

export interface Issue {
  readonly path: readonly PropertyKey[]
  readonly why: string
}

export type Checked<T> = { readonly value: T } | { readonly faults: readonly YamlFault[] }

/** `more` looks at the content as it stands, also where the schema finds faults. */
export function readChecked<T>(yaml: string, schema: z.ZodType<T>, more: (content: unknown) => readonly Issue[] = () => []): Checked<T> {
  const lines = new LineCounter()
  const document = parseDocument(yaml, { lineCounter: lines, prettyErrors: false })
  if (document.errors.length > 0)
    return {
      faults: document.errors.map(({ pos, message }) => ({
        line: lines.linePos(pos[0]).line,
        field: '(file)',
        why: `not YAML: ${message}`,
      })),
    }
  const content = contentOf(document)
  if ('why' in content) return { faults: [{ line: 1, field: '(file)', why: `not YAML: ${content.why}` }] }
  const parsed = schema.safeParse(content.value ?? {})
  const issues = [...(parsed.success ? [] : parsed.error.issues.flatMap((issue) => issuesOf(issue, content.value))), ...more(content.value)]
  if (parsed.success && issues.length === 0) return { value: parsed.data }
  const faults = issues.map(({ path, why }) => ({
    line: lineOf(document, lines, path),
    field: path.map(String).join('.') || '(file)',
    why,
  }))
  return { faults: faults.sort((a, b) => a.line - b.line) }
}

/** `what` names the file's content in the message: filter rules. Throws `config_invalid`. */
export function loadChecked<T>(file: string, what: string, read: (yaml: string) => Checked<T>): T {
  const result = read(textOf(file, what))
  if ('value' in result) return result.value
  throw new TracefoldError(
    'config_invalid',
    `${what} cannot be used:\n${result.faults.map(({ line, field, why }) => `${file}:${line}: ${field}: ${why}`).join('\n')}`,
  )
}

/** An issue for each member of a list whose `id` an earlier one has. */
export function idsTakenTwice(content: unknown, list: string): Issue[] {
  const ids = membersOf(content, list).map((member) => member['id'])
  return ids.flatMap((id, i) =>
    id !== undefined && ids.indexOf(id) < i ? [{ path: [list, i, 'id'], why: `${String(id)} is taken by ${list}.${ids.indexOf(id)}` }] : [],
  )
}

/** The members of a list of maps, as far as the content is what it should be. */
export function membersOf(content: unknown, list: string): Readonly<Record<string, unknown>>[] {
  const members = isRecord(content) ? content[list] : null
  return Array.isArray(members) ? members.map((member) => (isRecord(member) ? member : {})) : []
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

function textOf(file: string, what: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new TracefoldError('config_invalid', `${what} cannot be read: ${messageOf(error)}`, {
      cause: error,
    })
  }
}

/** An alias that multiplies itself, or names nothing, is found here only. */
function contentOf(document: Document): { readonly value: unknown } | { readonly why: string } {
  try {
    return { value: document.toJS() }
  } catch (error) {
    return { why: messageOf(error) }
  }
}

/** A field that nobody knows is named itself, not the map that it stands in; of one that is not there, or says nothing, it is said, whatever its schema says. */
function issuesOf(issue: z.core.$ZodIssue, content: unknown): Issue[] {
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => ({ path: [...issue.path, key], why: 'no such field' }))
  const said = issue.message.replace(/^Invalid (?:input|option)(?:: )?/, '').replace(/, received (?:undefined|null)$/, '')
  const isMissing = issue.path.length > 0 && (valueAt(content, issue.path) ?? null) === null
  return [{ path: issue.path, why: isMissing ? `is missing${said === '' ? '' : `; ${said}`}` : issue.message }]
}

function valueAt(content: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce((value: unknown, step) => (isRecord(value) ? value[String(step)] : undefined), content)
}

/** Of the field's key, or of the last that there is on the way to it. */
function lineOf(document: Document, lines: LineCounter, path: readonly PropertyKey[]): number {
  let node: unknown = document.contents
  let at = startOf(node) ?? 0
  for (const step of path) {
    const next = stepInto(node, step)
    if (next === null) break
    at = startOf(next.named) ?? at
    node = next.node
  }
  return lines.linePos(at).line
}

function stepInto(node: unknown, step: PropertyKey): { readonly named: unknown; readonly node: unknown } | null {
  if (isSeq(node)) {
    const item = typeof step === 'number' ? node.items[step] : undefined
    return item === undefined ? null : { named: item, node: item }
  }
  const pair = isMap(node) ? node.items.find(({ key }) => isScalar(key) && String(key.value) === String(step)) : undefined
  return pair === undefined ? null : { named: pair.key, node: pair.value }
}

function startOf(node: unknown): number | null {
  return isNode(node) && node.range ? node.range[0] : null
}
