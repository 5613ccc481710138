/**
 * All errors of the API, made in one place, in one format: application/problem+json (RFC 9457) with a code of ours. Goes in: whatever
 * was thrown, by us or by fastify and its plugins. Comes out: a status and a body that tells the client what it can do, and
 * never the internals: what is not known here is a 500 without details, and goes to the log.
 */
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { isTracefoldError } from '../errors.ts'
import { noSuchPage } from './no-such-page.ts'

export const PROBLEM_MEDIA_TYPE = 'application/problem+json'
/** Seconds after which a client may try again, where nobody knows better. */
const RETRY_AFTER_S = 5

const KINDS = {
  bad_request: { status: 400, title: 'The request cannot be answered as it is' },
  forbidden: { status: 403, title: 'Not allowed' },
  not_found: { status: 404, title: 'There is no such resource' },
  not_here: { status: 409, title: 'This installation does not offer that' },
  too_large: { status: 413, title: 'The body is too large' },
  unsupported_media_type: { status: 415, title: "The body's type is not understood" },
  too_many_requests: { status: 429, title: 'Too many requests' },
  internal: { status: 500, title: 'Something went wrong here' },
  not_available: { status: 503, title: 'A neighbour is away' },
  busy: { status: 503, title: 'Too busy right now' },
} as const

export type ProblemCode = keyof typeof KINDS
/** For schemas. */
export const PROBLEM_CODES = Object.keys(KINDS) as [ProblemCode, ...ProblemCode[]] // the keys of KINDS are ProblemCode, and not none

export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly code: ProblemCode
}

export function problem(code: ProblemCode, detail: string): Problem {
  return { type: `urn:tracefold:problem:${code}`, ...KINDS[code], detail, code }
}

/** Thrown by a route that knows which problem it has. */
export class ProblemError extends Error {
  readonly code: ProblemCode

  constructor(code: ProblemCode, detail: string) {
    super(detail)
    this.name = 'ProblemError'
    this.code = code
  }
}

/** Past any response schema: an error must never fail on its own format. */
export function sendProblem(reply: FastifyReply, what: Problem): FastifyReply {
  if (what.status === 503 && !reply.hasHeader('retry-after')) reply.header('retry-after', RETRY_AFTER_S)
  return reply.code(what.status).type(PROBLEM_MEDIA_TYPE).serializer(JSON.stringify).send(what)
}

export function onError(error: FastifyError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const what = problemOf(error, request)
  if (what.code === 'internal') request.log.error({ err: error, url: request.url }, 'a request failed')
  return sendProblem(reply, what)
}

export function onNotFound(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const path = pathOf(request)
  if (!path.startsWith('/api/') && request.headers.accept?.includes('text/html') === true)
    return reply.code(404).type('text/html; charset=utf-8').send(noSuchPage(path))
  return sendProblem(reply, problem('not_found', `${request.method} ${path} leads nowhere. The resources are listed at /docs.`))
}

/** Before there is a route: a URL that cannot be decoded, or is too long. */
export function sendUnroutable(error: FastifyError, _request: FastifyRequest, reply: FastifyReply): void {
  sendProblem(reply, problem('bad_request', `The URL cannot be read: ${error.message}`))
}

function problemOf(error: FastifyError, request: FastifyRequest): Problem {
  if (error instanceof ProblemError) return problem(error.code, error.message)
  if (isTracefoldError(error, 'bad_request')) return problem('bad_request', error.message)
  if (isTracefoldError(error, 'not_found')) return problem('not_found', error.message)
  if (isTracefoldError(error, 'not_available') || isTracefoldError(error, 'neighbour_away')) return problem('not_available', error.message)
  if (hasZodFastifySchemaValidationErrors(error)) return problem('bad_request', validationDetail(error))
  return problemOfFastify(error, request)
}

function problemOfFastify(error: FastifyError, request: FastifyRequest): Problem {
  switch (error.statusCode) {
    case 400:
      return problem('bad_request', error.message)
    case 404:
      return problem('not_found', `${pathOf(request)} leads nowhere.`)
    case 413:
      return problem(
        'too_large',
        `The body is larger than ${request.routeOptions.bodyLimit ?? 'the limit of'} bytes. Send it in smaller parts, each with its own Idempotency-Key.`,
      )
    case 415:
      return problem(
        'unsupported_media_type',
        `Expected Content-Type ${typesOf(request)}, got ${request.headers['content-type'] ?? 'none'}.`,
      )
    case 429:
      return problem('too_many_requests', error.message)
    case 503:
      return problem('busy', 'This process has more to do than it can do now; nothing was taken. Try again after the time in Retry-After.')
    default:
      return internal()
  }
}

function typesOf({ routeOptions: { schema } }: FastifyRequest): string {
  const types = schema?.consumes ?? ['application/json']
  return [types.slice(0, -1).join(', '), types.at(-1)].filter((part) => part !== '').join(' or ')
}

function internal(): Problem {
  return problem('internal', 'The request may be right; the fault is on this side, and its log says more.')
}

/** `query limit: too big, expected 1000 at most; query foo: not known` */
function validationDetail(error: {
  validationContext?: unknown
  validation: readonly { instancePath: string; message?: string | undefined; params: Record<string, unknown> }[]
}): string {
  const where = error.validationContext === 'querystring' ? 'query' : String(error.validationContext ?? 'request')
  return error.validation.map((issue) => issueDetail(where, issue)).join('; ')
}

function issueDetail(
  where: string,
  issue: { instancePath: string; message?: string | undefined; params: Record<string, unknown> },
): string {
  const { keys } = issue.params
  if (Array.isArray(keys)) return `${where} parameter not known: ${keys.map((key) => JSON.stringify(key)).join(', ')}`
  const name = issue.instancePath.replace(/^\//, '')
  return `${where}${name === '' ? '' : ` ${name}`}: ${issue.message ?? 'not valid'}`
}

function pathOf(request: FastifyRequest): string {
  return request.url.split('?', 1)[0] ?? ''
}
