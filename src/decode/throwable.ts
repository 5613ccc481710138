/**
 * A throwable as any layout writes it -> LoggedThrowable. In: text, lines, or an object with type, message, trace and cause under one of
 * their usual names (Log4j, Logback, JBoss, Logstash, ECS, Spark). A printed trace stays text: it is parsed once per distinct trace, later.
 *
 * Pure, iterative, bounded: at most `MAX_CHAIN` causes, `MAX_THROWABLES` in all and `MAX_FRAMES` frames; past that `truncated`, as where the record was
 * cut within the throwable.
 */
import type { Limits } from './limits.ts'
import type { Frame, LoggedThrowable, Throwable } from '../event.ts'
import { isOpen } from './open-values.ts'
import { quotedTrace } from './quoted-trace.ts'
import { parseTrace, type KnownHead } from './stack-trace.ts'
import { endingOf } from './trace-end.ts'
import { withLines } from './trace-lines.ts'
import { cut, first, isObject, render, textOf, type JsonObject } from './value.ts'

const MAX_CHAIN = 50
const MAX_THROWABLES = 200
const MAX_FRAMES = 4_096
const MAX_NAME_CHARS = 1_024

const TYPE = ['name', 'type', 'className', 'exceptionType', 'exception_class', 'class', 'kind'] as const
const MESSAGE = ['message', 'exception_message', 'localizedMessage', 'msg'] as const
const TRACE = ['extendedStackTrace', 'stack_trace', 'stacktrace', 'stackTrace', 'stepArray', 'frames', 'stack'] as const
const FRAME_CLASS = ['class', 'className', 'declaringClass', 'class_name'] as const
const FRAME_METHOD = ['method', 'methodName', 'method_name'] as const
const FRAME_FILE = ['file', 'fileName'] as const
const FRAME_LINE = ['line', 'lineNumber'] as const

export interface ReadThrowable {
  readonly throwable: LoggedThrowable | null
  readonly truncated: boolean
}

/** `endOf`: whoever knows the text may know how it ends. */
export function readThrowable(value: unknown, limits: Limits, endOf = endingOf): ReadThrowable {
  if (!isObject(value)) return fromText(NAMELESS, value, limits, endOf)
  const trace = first(value, TRACE)
  const text = printed(trace)
  if (text === null) return new ChainReader(limits).read(value)
  return fromText({ type: typeBeside(text, value), message: messageOf(value, limits) }, trace, limits, endOf)
}
const NAMELESS: KnownHead = { type: null, message: null }

/** Whether an object says anything of a throwable. */
export function isThrowable(value: JsonObject): boolean {
  return first(value, SAYING) !== undefined
}
const SAYING = [...TYPE, ...MESSAGE, ...TRACE, 'cause', 'causedBy'] as const

/** Of an exception: with its package, or with a name that says it. */
export function isExceptionName(name: unknown): boolean {
  return typeof name === 'string' && EXCEPTION.test(name)
}
const EXCEPTION = /^(?:[\w$]+\.)+\p{Lu}[\w$]*$|^\p{Lu}[\w$]*(?:Exception|Error|Throwable)$/u

/** Whether it can be nothing else: an exception's class, or frames. */
export function isOfJava(value: JsonObject): boolean {
  const trace = first(value, TRACE)
  if (trace !== undefined) return Array.isArray(trace) && isObject(trace[0])
  return isExceptionName(first(value, TYPE))
}

/** A printed trace, or null where there is none: a blank text, or frames as objects. */
function printed(value: unknown): string | null {
  if (Array.isArray(value)) return typeof value[0] === 'string' ? value.filter((line) => typeof line === 'string').join('\n') : null
  return typeof value === 'string' && value !== '' ? value : null
}

function fromText({ type, message }: KnownHead, printedTrace: unknown, limits: Limits, endOf: typeof endingOf): ReadThrowable {
  const trace = printed(printedTrace)
  if (trace === null || trace.trim() === '') return { throwable: null, truncated: false }
  const text = cut(withLines(trace), limits.maxTraceChars)
  const throwable = { form: 'text', type: type === null ? null : cut(type, MAX_NAME_CHARS), message, text } as const
  return { throwable, truncated: endOf(text) !== 'whole' || isOpen(printedTrace) }
}

/** Half a class name is none. */
function typeOf(value: JsonObject): string | null {
  const type = textOf(first(value, TYPE))
  return type === null || isHalf(type) ? null : type
}

/** A name without its package says less than the trace, which spells it out. */
function typeBeside(trace: string, value: JsonObject): string | null {
  const type = typeOf(value)
  if (type === null || type.includes('.')) return type
  return trace.includes(`.${type}`) || trace.includes(`$${type}`) ? null : type
}

function isHalf(name: string): boolean {
  return name.endsWith('…')
}

function messageOf(value: JsonObject, limits: Limits): string | null {
  const message = render(first(value, MESSAGE), limits.maxMessageChars)
  // Logback prints a missing message as the word.
  return message === 'null' ? null : message
}

type Draft = { -readonly [K in keyof Throwable]: Throwable[K] } & { frames: Frame[]; suppressed: Throwable[] }

/** One walk over one nested throwable. Iterative, since hostile causes nest thousands deep. */
class ChainReader {
  readonly #limits: Limits
  readonly #waiting: { value: JsonObject; owner: Draft }[] = []
  #throwables = 0
  #frames = 0
  #truncated = false

  constructor(limits: Limits) {
    this.#limits = limits
  }

  read(value: JsonObject): ReadThrowable {
    const chain = this.#chain(value)
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      const suppressed = this.#chain(next.value)
      if (suppressed !== null) next.owner.suppressed.push(suppressed)
    }
    return { throwable: chain === null ? null : { form: 'chain', chain }, truncated: this.#truncated }
  }

  #chain(outermost: JsonObject): Draft | null {
    let head: Draft | null = null
    let tail: Draft | null = null
    let value: JsonObject | null = outermost
    let innermost: JsonObject = outermost
    for (let depth = 0; value !== null; depth++, value = causeOf(value)) {
      if (depth >= MAX_CHAIN || this.#throwables >= MAX_THROWABLES) {
        this.#truncated = true
        break
      }
      const draft: Draft | null = tail === null ? this.#one(value) : (this.#printed(value) ?? this.#one(value))
      if (draft === null) continue
      innermost = value
      this.#truncated ||= isOpen(value)
      if (tail === null) head = draft
      else tail.cause = draft
      tail = draft
    }
    if (tail !== null) this.#readQuoted(innermost, tail)
    return head
  }

  /** Looked for in the whole message, not in what the limits leave of it. */
  #readQuoted(value: JsonObject, root: Draft): void {
    const quoted = quotedTrace(root.type, textOf(first(value, MESSAGE)))
    if (quoted === null) return
    const { throwable, truncated } = parseTrace(quoted.trace, { type: null, message: null }, 1)
    root.message = cut(quoted.message, this.#limits.maxMessageChars)
    root.cause = throwable
    this.#truncated ||= truncated
  }

  /** A cause whose own trace is a text. Of the outermost one, the text holds the whole chain. */
  #printed(value: JsonObject): Draft | null {
    const trace = printed(first(value, TRACE))
    if (trace === null || !trace.includes('\n')) return null
    const known = { type: typeBeside(trace, value), message: messageOf(value, this.#limits) }
    const { throwable, truncated } = parseTrace(cut(trace, this.#limits.maxTraceChars), known)
    this.#throwables++
    this.#truncated ||= truncated
    return throwable === null ? null : { ...throwable, frames: [...throwable.frames], suppressed: [...throwable.suppressed] }
  }

  /** Null for a link without type, message and frames: it says nothing but that there is a cause. */
  #one(value: JsonObject): Draft | null {
    this.#throwables++
    const type = typeOf(value)
    const message = messageOf(value, this.#limits)
    const frames = this.#framesOf(first(value, TRACE))
    if (type === null && message === null && frames.length === 0) return null
    const draft: Draft = { type: cut(type ?? 'java.lang.Throwable', MAX_NAME_CHARS), message, frames, cause: null, suppressed: [] }
    if (Array.isArray(value['suppressed'])) this.#wait(value['suppressed'], draft)
    return draft
  }

  #wait(suppressed: readonly unknown[], owner: Draft): void {
    for (const item of suppressed) {
      if (this.#waiting.length >= MAX_THROWABLES) return
      const value = unwrap(item)
      if (value !== null) this.#waiting.push({ value, owner })
    }
  }

  #framesOf(list: unknown): Frame[] {
    if (!Array.isArray(list)) return []
    this.#truncated ||= isOpen(list)
    const frames: Frame[] = []
    for (const item of list) {
      if (this.#frames >= MAX_FRAMES) {
        this.#truncated = true
        break
      }
      const frame = isObject(item) ? frameOf(item) : null
      if (frame === null) continue
      frames.push(frame)
      this.#frames++
    }
    return frames
  }
}

function causeOf(value: JsonObject): JsonObject | null {
  return unwrap(value['cause'] ?? value['causedBy'])
}

/** JBoss wraps a cause once more: `causedBy: {exception: {...}}`, or `error`, where that is what it calls an exception. */
function unwrap(value: unknown): JsonObject | null {
  if (!isObject(value)) return null
  const inner = value['exception'] ?? value['error']
  return isObject(inner) ? inner : value
}

/** Null where neither class nor file is known (PySpark's frames have only a file), or where the record was cut inside. */
function frameOf(value: JsonObject): Frame | null {
  const file = textOf(first(value, FRAME_FILE))
  const className = textOf(first(value, FRAME_CLASS)) ?? file
  const method = textOf(first(value, FRAME_METHOD)) ?? ''
  if (className === null || isHalf(className) || isHalf(method)) return null
  return {
    className: cut(className, MAX_NAME_CHARS),
    method: cut(method, MAX_NAME_CHARS),
    file: file === null || isHalf(file) ? null : cut(file, MAX_NAME_CHARS),
    line: lineOf(first(value, FRAME_LINE)),
  }
}

/** Native methods have line -2, unknown ones -1. Log4j 1 writes the number as text. */
function lineOf(value: unknown): number | null {
  const line = typeof value === 'string' ? Number(value) : value
  return typeof line === 'number' && Number.isInteger(line) && line >= 0 ? line : null
}
