/**
 * In: a printed stack trace, and the type and message that the layout gives beside it. Out: the throwable as a structure.
 *
 *   com.acme.OrderException: order 42 failed        head
 *       at com.acme.Orders.handle(Orders.java:5)    frame
 *       Suppressed: java.io.IOException: closed     label, deeper: a block of its own
 *           ... 7 more                              elision
 *   Caused by: java.net.ConnectException: refused   label
 *
 * One scan forward, line by line. Past the caps the rest is not read and the result is `truncated`, as it is where the
 * text was cut before: then the tail, which holds the root cause, may be missing. A trace printed root first
 * (`Wrapped by:`) loses wrappers at its tail, so its root is known even if it was cut; one whose blocks were cut has its root, too (trace-end.ts).
 * Pure; never throws. A text that holds no throwable gives null, and the event stands on its message.
 */
import type { Frame, Throwable } from '../event.ts'
import { parseFrame } from './frame-line.ts'
import { headAt, isElision, labelAt, messageAt, typeAt, typeWithin, type Label } from './head-line.ts'
import { isPy4J, quotedTrace, quotingMessageEnd } from './quoted-trace.ts'
import { endingOf } from './trace-end.ts'

const MAX_CHARS = 262_144
/** Four times the 1,024 frames that a JVM prints. */
const MAX_LINES = 4_096
/** Of a chain, and of suppressed exceptions within suppressed ones. */
const MAX_DEPTH = 50
const MAX_QUOTES = 2
/** What a throwable is at least, where its toString() prints words of its own. */
const NAMELESS = 'java.lang.Throwable'

export interface KnownHead {
  readonly type: string | null
  readonly message: string | null
}

export interface ParsedTrace {
  readonly throwable: Throwable | null
  readonly truncated: boolean
  /** True where something of it is missing, or may be, and the root cause is there for sure. */
  readonly isRootKept: boolean
}

/** One exception while it is being read. */
interface Node {
  type: string
  /** Not the type, although it may be what the layout calls so: see `head-line.ts`. */
  readonly carrier: string | null
  message: string | null
  readonly frames: Frame[]
  readonly suppressed: Block[]
}

/** A chain of causes printed at one indent: the trace itself, or a suppressed exception with its causes. */
interface Block {
  readonly indent: number
  readonly chain: Node[]
}

interface Scan {
  readonly text: string
  readonly known: KnownHead
  /** Open blocks, each inside the one before. */
  readonly blocks: Block[]
  /** Where the next line begins. */
  next: number
  /** While no head was found: the last line above, which may be one that names no class. */
  above: Line | null
  /** The exception whose message may go on in the next line, and where that message began. */
  reading: Node | null
  messageFrom: number
  rootFirst: boolean
  tooDeep: boolean
}

interface Line {
  /** Where its text begins, behind `indent` blanks, and where it ends. */
  readonly at: number
  readonly to: number
  readonly indent: number
}

/** `depth` counts traces within messages of traces. */
export function parseTrace(text: string, known: KnownHead, depth = 0): ParsedTrace {
  const scan: Scan = { text, known, blocks: [], next: 0, above: null, reading: null, messageFrom: 0, rootFirst: false, tooDeep: false }
  const ending = endingOf(text)
  const complete = readLines(scan) && ending !== 'cut'
  const isRootKept = scan.rootFirst || (complete && ending === 'abridged')
  const chain = scan.blocks[0]?.chain
  if (chain === undefined) return { throwable: withoutStack(known), truncated: !complete, isRootKept }
  if (scan.rootFirst) chain.reverse()
  const root = chain.at(-1)!
  const quoted = depth < MAX_QUOTES ? quotedTrace(root.type, root.message) : null
  const cause = quoted === null ? null : parseTrace(quoted.trace, UNKNOWN, depth + 1)
  nameOutermost(chain[0]!, known)
  if (quoted !== null) root.message = quoted.message
  const truncated = (!complete && !scan.rootFirst) || cause?.truncated === true
  return { throwable: linked(chain, cause?.throwable ?? null), truncated, isRootKept }
}
const UNKNOWN: KnownHead = { type: null, message: null }

/** False where a cap ended the reading. */
function readLines(scan: Scan): boolean {
  const end = Math.min(scan.text.length, MAX_CHARS)
  let lines = 0
  while (scan.next < end && lines++ < MAX_LINES && !scan.tooDeep) {
    const from = scan.next
    const to = Math.min(lineEnd(scan.text, from), end)
    scan.next = to + 1
    readLine(scan, from, to)
  }
  endMessage(scan, Math.min(scan.next, end))
  return scan.next >= scan.text.length && !scan.tooDeep
}

function lineEnd(text: string, from: number): number {
  const newline = text.indexOf('\n', from)
  return newline < 0 ? text.length : newline
}

/** A line that is none of these goes on with the message, or is something unknown between frames. */
function readLine(scan: Scan, from: number, to: number): void {
  const at = firstInk(scan.text, from, to)
  if (at === to) return
  if (scan.blocks.length === 0) return readHead(scan, from, at, to)
  const indent = at - from
  if (scan.text.startsWith('at ', at)) return readFrame(scan, from, at, to)
  if (isElision(scan.text, at)) return endMessage(scan, from)
  const label = labelAt(scan.text, at, to, scan.reading !== null) ?? carriedOver(scan, at, to)
  if (label !== null && isExpected(scan, label, indent)) readLabel(scan, label, indent, from, to)
}

/** Py4J prints the JVM's exception behind a colon. */
function carriedOver(scan: Scan, at: number, to: number): Label | null {
  if (!scan.text.startsWith(': ', at) || scan.reading === null || !isPy4J(scan.reading.type)) return null
  return typeAt(scan.text, at + 2, to) === null ? null : { kind: 'cause', at: at + 2 }
}

function firstInk(text: string, from: number, to: number): number {
  let at = from
  while (at < to && text.charCodeAt(at) <= 0x20) at++
  return at
}

/**
 * The first line that names a class, if need be behind a label: what it caused prints something else. Lines above it (a log message before its trace) are
 * passed over. Where frames come before any such line, toString() prints what it likes, and the line above them is the head.
 */
function readHead(scan: Scan, from: number, at: number, to: number): void {
  const line = { at, to, indent: at - from }
  const label = labelAt(scan.text, at, to, true)
  if (label?.kind === 'circular') return // root first, the end of a circle is the beginning
  const isWrapper = label?.kind === 'wrapper'
  if (isBody(scan, at, to) || (isWrapper && scan.above !== null)) {
    openHeadAbove(scan, line)
    return readLine(scan, from, to)
  }
  scan.rootFirst = isWrapper
  const name = isWrapper || label?.kind === 'cause' ? label.at : headAt(scan.text, at, to)
  const overridden = scan.known.type !== null && from === 0 // toString() may print anything
  if (overridden || typeAt(scan.text, name, to) !== null) openHead(scan, line, name)
  else scan.above = line
}

/** What stands behind a head. */
function isBody({ text }: Scan, at: number, to: number): boolean {
  return isElision(text, at) || (text.startsWith('at ', at) && parseFrame(text.slice(at, to)) !== null)
}

/** Frames alone have a head without a word. */
function openHeadAbove(scan: Scan, body: Line): void {
  const line = scan.above ?? { at: body.at, to: body.at, indent: 0 }
  openHead(scan, line, typeWithin(scan.text, line.at, line.to) ?? line.at)
  if (scan.above === null) scan.reading = null
}

function openHead(scan: Scan, { to, indent }: Line, name: number): void {
  const block: Block = { indent, chain: [] }
  scan.blocks.push(block)
  openNode(scan, block, name, to)
  skipKnownMessage(scan, to)
}

function readFrame(scan: Scan, from: number, at: number, to: number): void {
  const frame = parseFrame(scan.text.slice(at, to))
  if (frame === null) return
  endMessage(scan, from)
  closeBlocks(scan, at - from - 1)
  scan.blocks.at(-1)!.chain.at(-1)!.frames.push(frame)
}

/** Inside a message of several lines, only a line at the indent of an open block is a label; a suppressed one is deeper. */
function isExpected(scan: Scan, label: Label, indent: number): boolean {
  if (scan.reading === null) return true
  return label.kind === 'suppressed' ? indent > 0 : scan.blocks.some((block) => block.indent === indent)
}

function readLabel(scan: Scan, label: Label, indent: number, from: number, to: number): void {
  endMessage(scan, from)
  if (label.kind === 'circular') return
  if (label.kind === 'suppressed') return openSuppressed(scan, label, indent, to)
  closeBlocks(scan, indent)
  const block = scan.blocks.at(-1)!
  openNode(scan, block, label.at, to)
  if (label.kind !== 'wrapper' || scan.blocks.length > 1) return
  scan.rootFirst = true
  skipKnownMessage(scan, to)
}

function openSuppressed(scan: Scan, label: Label, indent: number, to: number): void {
  closeBlocks(scan, indent - 1)
  const block: Block = { indent, chain: [] }
  scan.blocks.at(-1)!.chain.at(-1)!.suppressed.push(block)
  scan.blocks.push(block)
  scan.tooDeep ||= scan.blocks.length > MAX_DEPTH
  openNode(scan, block, label.at, to)
}

function openNode(scan: Scan, block: Block, at: number, to: number): void {
  const head = typeAt(scan.text, at, to)
  const node: Node = { type: head?.type ?? '', carrier: head?.carrier ?? null, message: null, frames: [], suppressed: [] }
  block.chain.push(node)
  scan.tooDeep ||= block.chain.length > MAX_DEPTH
  scan.reading = node
  scan.messageFrom = messageAt(scan.text, head?.end ?? at)
  const end = scan.blocks.length === 1 ? quotingMessageEnd(node.type, scan.text, scan.messageFrom) : null
  if (end !== null) scan.next = lineEnd(scan.text, end) + 1
}

/** A message that is known to the letter may hold lines that look like frames and labels. */
function skipKnownMessage(scan: Scan, to: number): void {
  const { message } = scan.known
  if (message === null || !scan.text.startsWith(message, scan.messageFrom)) return
  const end = scan.messageFrom + message.length
  if (end > to) scan.next = lineEnd(scan.text, end) + 1
}

function endMessage(scan: Scan, before: number): void {
  if (scan.reading === null) return
  const message = scan.text.slice(scan.messageFrom, Math.max(scan.messageFrom, before)).trimEnd()
  scan.reading.message = message === '' ? null : message
  scan.reading = null
}

/** Leaves the blocks that a line cannot belong to whose block is indented by at most `indent`; the outermost stays. */
function closeBlocks(scan: Scan, indent: number): void {
  while (scan.blocks.length > 1 && scan.blocks.at(-1)!.indent > indent) scan.blocks.pop()
}

/** The layout gave a type and no stack: an exception whose stack was left out. */
function withoutStack({ type, message }: KnownHead): Throwable | null {
  return type === null ? null : { type, message, frames: [], cause: null, suppressed: [] }
}

/** A field of its own beats the text, which may abbreviate (`j.n.ConnectException`) or print what toString() says. */
function nameOutermost(node: Node, known: KnownHead): void {
  const same =
    known.type === null ||
    known.type === node.carrier ||
    (node.type.length === known.type.length && node.type.replaceAll('$', '.') === known.type.replaceAll('$', '.'))
  if (!same) node.type = known.type
  if (known.message !== null) node.message = known.message
}

function linked(chain: readonly Node[], innermost: Throwable | null = null): Throwable | null {
  return chain.reduceRight<Throwable | null>(
    (cause, { type, message, frames, suppressed }) => ({
      type: type === '' ? NAMELESS : type,
      message,
      frames,
      cause,
      suppressed: suppressed.map((block) => linked(block.chain)!),
    }),
    innermost,
  )
}
