/**
 * In: a line, most of whose data is `<*>` already. Out: the line with what brackets hold as one hole, where it is data: a list, a map, the fields of a record.
 *
 *   `items=[a, b] of Order(id=<*>, by=<*> Smith) in [<*>, x]`  ->  `items=<*> of Order(<*>) in [<*>]`
 *
 * By hand, in one pass each, since a pattern knows no balance. A bracket without its other half is a character like any other. Pure; never throws.
 */
import { HOLE } from './hole.ts'
import { isStatus } from './status.ts'

const BRACKET = /[()[\]{}]/g
const CLOSERS: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' }
/** Groups that touch are one: `[orders][0]`, where an index and its shard are meant. */
const ADJACENT = /(?:\[[^[\]]{0,512}\]){2,}/g
/** Of a bracket with more words between two commas people are told something. */
const MAX_FIELD_WORDS = 2
/** `Order(id=<*>`: as Lombok, Kotlin and many by hand print an object. What else stands in round brackets are words. */
const RECORD = /(?<=[\p{L}\p{N}_$])\(\w+=/uy

/** The value after each `=`, up to its end, which is not within brackets: a list is one value. */
export function maskAssigned(line: string): string {
  let sign = line.indexOf('=')
  if (sign < 0) return line
  const closers = closersOf(line)
  let out = ''
  let from = 0
  for (; sign >= 0; sign = line.indexOf('=', from)) {
    const end = endOfValue(line, sign + 1, closers)
    out += line.slice(from, sign + 1) + (isStatus(line, sign + 1, line.slice(sign + 1, end)) ? line.slice(sign + 1, end) : HOLE)
    from = end
  }
  return out + line.slice(from)
}

/** What is inside comes first: a hole or a comma at any depth makes data of all around it. */
export function maskBracketed(line: string): string {
  const closers = closersOf(line)
  if (closers.size === 0) return line
  const open: Level[] = []
  let out = ''
  let from = 0
  for (const at of [...closers.keys(), ...closers.values()].sort((a, b) => a - b)) {
    const between = line.slice(from, at)
    const inner = open.at(-1)
    if (inner !== undefined && (between.includes(',') || between.includes(HOLE))) inner.isData = true
    out += between
    if (closers.has(at)) open.push({ begin: out.length + 1, isData: false, isRecord: isRecordAt(line, at) })
    else out = closed(open.pop()!, out, line[at]!, open.at(-1))
    out += line[at]!
    from = at + 1
  }
  return joinAdjacent(out + line.slice(from))
}

interface Level {
  /** Where in the output what it holds begins. */
  readonly begin: number
  readonly isRecord: boolean
  isData: boolean
}

function closed({ begin, isRecord, isData }: Level, out: string, closer: string, around: Level | undefined): string {
  if (around !== undefined) around.isData ||= isData
  const inside = out.slice(begin)
  return (closer === ')' ? isRecord || isTuple(inside) : isData || isEmptyList(out, begin, closer)) ? out.slice(0, begin) + HOLE : out
}

/** `(54, powerd)`, `Row(1, abc, null)`. */
function isTuple(inside: string): boolean {
  return (
    inside.includes(HOLE) && inside.includes(',') && inside.split(',').every((field) => field.trim().split(' ').length <= MAX_FIELD_WORDS)
  )
}

/** `[]`, but for an array's type: `byte[]`. */
function isEmptyList(out: string, begin: number, closer: string): boolean {
  return closer === ']' && out.length === begin && !/[\w$\]]/.test(out[begin - 2] ?? '')
}

function joinAdjacent(line: string): string {
  return line.includes('][') ? line.replace(ADJACENT, (groups) => (groups.includes(HOLE) ? `[${HOLE}]` : groups)) : line
}

function isRecordAt(line: string, at: number): boolean {
  RECORD.lastIndex = at
  return RECORD.test(line)
}

/** For each bracket that has its other half, where that is. */
function closersOf(line: string): ReadonlyMap<number, number> {
  const closers = new Map<number, number>()
  const open: number[] = []
  const waiting: Record<string, number> = { ')': 0, ']': 0, '}': 0 }
  for (const { 0: char, index: at } of line.matchAll(BRACKET)) {
    const closer = CLOSERS[char]
    if (closer !== undefined) {
      open.push(at)
      waiting[closer]!++
    } else if (waiting[char]! > 0) closers.set(popTo(char, line, open, waiting), at)
  }
  return closers
}

/** Those that are still open within have no other half. */
function popTo(closer: string, line: string, open: number[], waiting: Record<string, number>): number {
  for (;;) {
    const at = open.pop()!
    const own = CLOSERS[line[at]!]!
    waiting[own]!--
    if (own === closer) return at
  }
}

function endOfValue(line: string, from: number, closers: ReadonlyMap<number, number>): number {
  let end = from
  while (end < line.length && !/[,;)\]}&\s]/.test(line[end]!)) end = (closers.get(end) ?? end) + 1
  return end
}
