/**
 * The throwable at a record's root, under any of the names that it has there: an object, a text or a list that shows itself to be a trace, or type and
 * message in fields of their own (`error.type`, `exception_class`, `throwableMessage`). `error: "timeout"` is no throwable, `error: {"code": 7}` neither.
 * Pure.
 */
import { spellOut } from '../abbreviated.ts'
import { isExceptionName, isOfJava, isThrowable } from '../throwable.ts'
import { isObject, textOf, type JsonObject } from '../value.ts'
import { take, type Root } from './names.ts'

const THROWABLE = [
  'thrown',
  'exception',
  'throwable',
  'stack_trace',
  'stackTrace',
  'stacktrace',
  'error.stack_trace',
  'error',
  'err',
  'stack',
  'exc_info',
] as const
const AS_OBJECT = ['error', 'exception', 'thrown', 'throwable', 'err'] as const
const TYPE = inFields('type', 'class')
const MESSAGE = inFields('message')
const ROOT_TYPE = 'throwable_root_cause_class'
const ROOT_MESSAGE = 'throwable_root_cause_message'

/** A frame, or at the start a class name with its package that says that it is one, by its end or by a message behind it. */
const TRACE =
  /(?:^|\n)\s*at [\w$.]+[\w$./<>]*\(|^(?:[a-z]\w{0,60}\.){1,20}[A-Z][\w$.]{0,200}(?:(?<=Exception|Error|Throwable)(?![\w$.])|: )/
/** A trace shows itself within its first lines. */
const TRACE_CHARS = 4_096
const TRACE_LINES = 8

export function thrownIn(root: Root): unknown {
  const value = take(root, THROWABLE, isThrown)
  return isObject(value) ? value : inFieldsOf(root, value)
}

/** Only an object that nobody could take for something else. A printed trace is found wherever it stands: see `stray-trace.ts`. */
export function objectThrownIn(root: Root): unknown {
  return take(root, AS_OBJECT, isObjectOfJava)
}

/**
 * Type, message and trace that stand in fields of their own, with what Logback's providers for the root cause and the topmost frame write beside them. The trace may
 * abbreviate what a field names in full; without a trace, what the other fields say makes the throwable.
 */
export function fromFields(record: JsonObject, type: unknown, message: unknown, trace: unknown): unknown {
  const rootType = textOf(record[ROOT_TYPE])
  const printed = typeof trace === 'string' && rootType !== null ? spellOut(trace, rootType) : trace
  if (textOf(printed) !== null || Array.isArray(printed)) return { type, message, stack_trace: printed }
  if (textOf(type) === null) return null
  const top = record['root_stack_trace_element']
  const frames = isObject(top) ? [top] : []
  if (rootType === null || rootType === type) return { type, message, frames }
  return { type, message, frames, cause: { type: rootType, message: record[ROOT_MESSAGE] } }
}

/** Without a trace, a type must look like one. */
function inFieldsOf(root: Root, trace: unknown): unknown {
  const type = take(root, TYPE, trace === undefined ? isExceptionName : isText)
  if (type === undefined && trace === undefined) return null
  const message = take(root, MESSAGE, isText)
  if (trace === undefined && root.of[ROOT_TYPE] !== undefined) root.taken.push(ROOT_TYPE, ROOT_MESSAGE)
  return fromFields(root.of, type, message, trace)
}

function isObjectOfJava(value: unknown): boolean {
  return isObject(value) && isOfJava(value)
}

function isThrown(value: unknown): boolean {
  if (isObject(value)) return isThrowable(value)
  if (typeof value === 'string') return TRACE.test(value.slice(0, TRACE_CHARS))
  if (!Array.isArray(value)) return false
  return value.slice(0, TRACE_LINES).some((item) => isObject(item) || (typeof item === 'string' && TRACE.test(item)))
}

function isText(value: unknown): boolean {
  return textOf(value) !== null
}

/** `error.type`, `error_type`, `errorType`, and so on. */
function inFields(...words: string[]): string[] {
  return words.flatMap((word) =>
    ['error', 'exception', 'throwable'].flatMap((holder) => [
      `${holder}.${word}`,
      `${holder}_${word}`,
      `${holder}${word.charAt(0).toUpperCase()}${word.slice(1)}`,
    ]),
  )
}
