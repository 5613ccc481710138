/** Dead letters as the API and `--json` show them (see letter-schemas.ts). Pure. */
import { isUtf8 } from 'node:buffer'
import type { z } from 'zod'
import { EXPLANATIONS } from '../dlq/words.ts'
import { branchesOf, type DeadLetter, type ReplayReport } from '../store/dead-letter.ts'
import type { letterAnswer, letterRow, replayAnswer } from './letter-schemas.ts'
import { iso } from './range.ts'

/** A UTF-8 character has up to 4 bytes: a cut leaves at most 3 of one. */
const MAX_CUT_BYTES = 3

export function rowOf(letter: DeadLetter): z.output<typeof letterRow> {
  const { partition: at, id, stage, branch, reason, detail, incarnation, offset, index, events, timeMs, job, body, bodyTruncated } = letter
  return {
    id,
    stage,
    branch,
    reason,
    detail,
    cluster: at.cluster,
    topic: at.topic,
    partition: at.partition,
    incarnation,
    offset,
    index,
    events,
    time: iso(timeMs),
    job,
    ...bodyOf(body, bodyTruncated),
    body_truncated: bodyTruncated,
  }
}

/** With what its reason means. */
export function inFull(letter: DeadLetter): z.output<typeof letterAnswer> {
  return { ...rowOf(letter), ...EXPLANATIONS[letter.reason], branches: [...branchesOf(letter)], body_redacted: true }
}

export function bodyOf(body: Buffer, truncated: boolean): { body: string; body_encoding: 'utf8' | 'base64' } {
  for (let cut = 0; cut <= (truncated ? MAX_CUT_BYTES : 0); cut++) {
    const kept = body.subarray(0, body.length - cut)
    if (isUtf8(kept)) return { body: kept.toString('utf8'), body_encoding: 'utf8' }
  }
  return { body: body.toString('base64'), body_encoding: 'base64' }
}

export function reportOf(report: ReplayReport): z.output<typeof replayAnswer> {
  const { letters, replayed, events, failedAgain, waiting, unclear, fromCopy, fromCutCopy, refusedEvents, expiredEvents, next } = report
  return {
    letters,
    replayed,
    events,
    failed_again: failedAgain,
    waiting,
    unclear,
    from_copy: fromCopy,
    from_cut_copy: fromCutCopy,
    refused_events: refusedEvents,
    expired_events: expiredEvents,
    next,
  }
}
