/**
 * In: overrides as data. Out: what they say of a frame, a type, a message, an event. Of each kind the first that matches wins.
 *
 * Names are as in keys (`$` of types as `.`). A name without a star is a whole name or, for a type, a simple one; a frame's is a
 * class, or a class and a method. Pure; never throws; patterns cost a bounded time (see match/regex-cost.ts).
 */
import { namesOf, type Test } from '../match/class-names.ts'
import { MAX_MATCHED_CHARS } from '../match/regex-cost.ts'
import type { ErrorEvent } from '../event.ts'
import type { FrameOverride, GroupOverride, Overrides, TypeOverride } from './override-file.ts'

export interface Matcher {
  readonly frame: (normal: string) => FrameOverride | null
  readonly type: (type: string) => TypeOverride | null
  /** `authors`: the type and the logger that the message is of. */
  readonly message: (authors: readonly (string | null)[], message: string) => MessageMatch | null
  readonly groups: readonly GroupMatcher[]
}

/** Parts of messages that an operator's rule keeps word for word, or masks. The expression is global and matches no empty text. */
export interface MessageException {
  readonly regex: RegExp
  readonly as: 'keep' | 'mask'
}

export interface MessageMatch extends MessageException {
  readonly id: string
}

/** What a group rule may ask of a trace. */
export interface Traits {
  readonly types: readonly string[]
  readonly logger: string | null
  /** Of the deciding exception, or the log message. */
  readonly message: string | null
  /** Normal forms. */
  readonly frames: readonly string[]
}

export interface GroupMatcher {
  readonly rule: GroupOverride
  isMetByTrace(traits: Traits): boolean
  isMetBy(event: ErrorEvent, job: string | null): boolean
  /** False: the trace decides alone, so that the answer holds for every event of it. */
  readonly needsEvent: boolean
}

export function createMatcher(overrides: Overrides): Matcher {
  const frames = overrides.frame.map((rule) => ({ rule, test: frameTest(rule.frame) }))
  const types = overrides.type.map((rule) => ({ rule, test: namesOf([rule.type]).test }))
  const messages = overrides.message.map(({ id, message, pattern, as }) => ({
    test: namesOf([message]).test,
    match: { id, as, regex: RegExp(pattern, 'gi') },
  }))
  return {
    frame: (normal) => frames.find(({ test }) => test(normal))?.rule ?? null,
    type: (type) => types.find(({ test }) => test(type))?.rule ?? null,
    message: (authors, text) => {
      const isMeant = (test: Test) => authors.some((author) => author !== null && test(author))
      return messages.find(({ test, match }) => isMeant(test) && text.slice(0, MAX_MATCHED_CHARS).search(match.regex) >= 0)?.match ?? null
    },
    groups: overrides.group.map(groupMatcher),
  }
}

/** Of a normal form, `class#method`. */
function frameTest(pattern: string): Test {
  const { test } = namesOf([pattern])
  return (normal) => test(normal.replace('#', '.')) || test(normal.slice(0, normal.indexOf('#')))
}

function groupMatcher(rule: GroupOverride): GroupMatcher {
  const { type, logger, message, frame, job, context = {} } = rule.match
  const isType = nameTest(type)
  const isLogger = nameTest(logger)
  const isMessage = message === undefined ? null : patternTest(message)
  const isFrame = frame === undefined ? null : frameTest(frame)
  const isJob = nameTest(job)
  const contextTests = Object.entries(context).map(([key, value]) => [key, namesOf([value]).test] as const)
  return {
    rule,
    isMetByTrace: (traits) =>
      (isType === null || traits.types.some(isType)) &&
      (isLogger === null || (traits.logger !== null && isLogger(traits.logger))) &&
      (isMessage === null || (traits.message !== null && isMessage(traits.message))) &&
      (isFrame === null || traits.frames.some(isFrame)),
    isMetBy: (event, name) =>
      (isJob === null || (name !== null && isJob(name))) && contextTests.every(([key, test]) => test(event.context.get(key) ?? '')),
    needsEvent: isJob !== null || contextTests.length > 0 || /\{\{(?:job|context\.)/.test(rule.group),
  }
}

function nameTest(name: string | undefined): Test | null {
  return name === undefined ? null : namesOf([name]).test
}

function patternTest(source: string): Test {
  const regex = RegExp(source, 'i')
  return (text) => regex.test(text.slice(0, MAX_MATCHED_CHARS))
}
