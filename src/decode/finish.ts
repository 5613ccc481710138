/**
 * A reading (raw values by meaning) -> an event (well-typed, bounded). The one place where limits and defaults are applied. Pure.
 *
 * - No level that we know: ERROR where there is a throwable or the record was cut (its level may be in the lost part), else INFO.
 * - `truncated` says that a trace or the record lost its tail, so that the root cause may be missing. A message or context value that was
 *   cut by a limit ends in `…` and does not set it: the error's identity is whole.
 */
import type { Settings } from '../config/schema.ts'
import type { ErrorEvent, Layout } from '../event.ts'
import { readContext } from './context.ts'
import type { Reading } from './layout.ts'
import { parseLevel } from './level.ts'
import { readThrowable } from './throwable.ts'
import { cut, render, textOf } from './value.ts'

const MAX_NAME_CHARS = 512
const MAX_TAGS = 32
const MAX_TAG_CHARS = 256

/** Null where the record says nothing: no level, no message, no throwable. */
export function finish(layout: Layout, reading: Reading, recordCut: boolean, limits: Settings['limits'], throwableOf = readThrowable): ErrorEvent | null {
  const level = parseLevel(reading.level)
  const message = render(reading.message, limits.maxMessageChars)
  const { throwable, truncated } = throwableOf(reading.throwable, limits)
  if (level === null && throwable === null && (message === null || message === '')) return null
  return {
    layout,
    envelopes: [],
    timeMs: reading.timeMs,
    level: level ?? (throwable !== null || recordCut ? 'ERROR' : 'INFO'),
    logger: name(reading.logger),
    thread: name(reading.thread),
    message: message ?? '',
    messageTemplate: render(reading.messageTemplate, limits.maxMessageChars),
    host: name(reading.host),
    serviceName: name(reading.serviceName),
    serviceVersion: name(reading.serviceVersion),
    environment: name(reading.environment),
    context: readContext(reading, limits),
    tags: reading.tags === undefined ? [] : readTags(reading.tags),
    throwable,
    truncated: truncated || recordCut,
  }
}

function name(value: unknown): string | null {
  const text = textOf(value)
  return text === null ? null : cut(text, MAX_NAME_CHARS)
}

/** Tags, markers and nested contexts (NDC), each a text or a list of texts. */
function readTags(sources: readonly unknown[]): string[] {
  const tags: string[] = []
  for (const source of sources) {
    for (const item of Array.isArray(source) ? source : [source]) {
      const text = textOf(item)
      if (text !== null && tags.length < MAX_TAGS) tags.push(cut(text, MAX_TAG_CHARS))
    }
  }
  return tags
}
