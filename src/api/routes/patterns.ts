/** The pattern rules in force, for the page about them. Changes nothing. */
import type { ApiDeps, ZodApp } from '../deps.ts'
import { ProblemError } from '../problems.ts'
import { answering, noQuery, patternsAnswer } from '../schemas.ts'

export function patternRoutes(app: ZodApp, deps: ApiDeps): void {
  const schema = {
    tags: ['exceptions'],
    summary: 'Pattern rules in force',
    querystring: noQuery,
    response: answering(patternsAnswer),
  }
  app.get('/patterns', { schema }, async () => {
    if (deps.rules === null) throw new ProblemError('not_here', 'This process has no pattern rules to show.')
    return { patterns: [...deps.rules.all()] }
  })
}
