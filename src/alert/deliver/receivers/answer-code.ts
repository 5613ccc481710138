/**
 * Judges the answers of DingTalk, Feishu and WeCom, which say in the body whether they took a message, mostly with HTTP 200.
 *
 * In: an answer, under which names the code and its words stand, and which codes another try may help against. Out: nothing, or a throw: `busy` or `refused`.
 * A body that cannot be read comes from something in between (a proxy, a page that asks for a login): busy, so that it is tried again, within bounds.
 */
import { z } from 'zod'
import type { HttpAnswer, HttpClient } from '../http.ts'
import { busy, refused } from '../receiver.ts'

export interface AnswerCode {
  readonly code: number
  readonly words: string
}

export interface CodeNames {
  readonly code: readonly string[]
  readonly words: readonly string[]
}

export interface Judge {
  readonly names: CodeNames
  readonly isBusy: (answer: AnswerCode) => boolean
  /** How long to wait where it says "too fast" but not for how long. */
  readonly pauseMs: number
}

const body = z.record(z.string(), z.unknown())

export function expectCodeZero(http: HttpClient, answer: HttpAnswer, { names, isBusy, pauseMs }: Judge): void {
  const said = readCode(answer.text, names)
  if (said === null) {
    http.expectSuccess(answer)
    throw busy(`HTTP ${answer.status} without a ${names.code[0]}: ${http.quote(answer.text)}`)
  }
  if (said.code !== 0) {
    const message = `HTTP ${answer.status}, ${names.code[0]} ${said.code}: ${http.quote(said.words)}`
    throw isBusy(said) || answer.status === 429 || answer.status >= 500 ? busy(message, answer.retryAfterMs ?? pauseMs) : refused(message)
  }
  http.expectSuccess(answer)
}

/** Codes come as numbers, from some versions as strings. Of several names the first that is there counts. */
function readCode(text: string, names: CodeNames): AnswerCode | null {
  const fields = parsed(text)
  const code = names.code.map((name) => fields[name]).find((value) => value !== undefined && value !== null && value !== '')
  if (code === undefined || !Number.isFinite(Number(code))) return null
  const words = names.words.map((name) => fields[name]).find((value) => typeof value === 'string')
  return { code: Number(code), words: typeof words === 'string' ? words : '' }
}

function parsed(text: string): Record<string, unknown> {
  try {
    return body.parse(JSON.parse(text))
  } catch {
    return {}
  }
}
