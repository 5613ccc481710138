/** What the routes about alerts share: the desk, bodies as JSON or as text, and who asks. */
import type { AlertDesk, Who } from '../alert/desk.ts'
import type { ApiDeps, ZodApp } from './deps.ts'
import { ProblemError } from './problems.ts'

/** A rule has some kilobytes. */
export const MAX_BODY_BYTES = 262_144

export function deskOf({ alerts }: ApiDeps): AlertDesk {
  if (alerts === null) throw new ProblemError('not_here', 'This process evaluates no alert rules (alerts.enabled).')
  return alerts
}

/** Elsewhere bodies go through as bytes. */
export function takesJson(app: ZodApp): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'string', bodyLimit: MAX_BODY_BYTES }, app.getDefaultJsonParser('error', 'error'))
}

/** JSON is YAML, too. */
export const RULE_TYPES = ['application/yaml', 'application/json', 'text/plain']

export function takesRules(app: ZodApp): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(RULE_TYPES, { parseAs: 'string', bodyLimit: MAX_BODY_BYTES }, async (_request: unknown, body: string) => body)
}

export function whoOf({ who, comment }: { who: string; comment?: string | undefined }): Who {
  return { who, comment: comment ?? null }
}
