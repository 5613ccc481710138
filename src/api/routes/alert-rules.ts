/**
 * Alert rules: what is in force and where it comes from; made, changed and deleted over the API; tested on history.
 *
 * Delivery: a rule that is answered is durable and reaches every process; the same one again is harmless. A test changes nothing and may take a minute.
 */
import { isTracefoldError } from '../../errors.ts'
import { deskOf, RULE_TYPES, takesRules, whoOf } from '../alert-desk.ts'
import { ruleOf, testOf } from '../alert-rows.ts'
import { doneAnswer, ruleBody, ruleParams, ruleRow, rulesAnswer, testAnswer, testQuery, whoQuery } from '../alert-schemas.ts'
import type { ApiDeps, ZodApp } from '../deps.ts'
import { fromOwnPage } from '../own-page.ts'
import { patienceOf } from '../patience.ts'
import { ProblemError } from '../problems.ts'
import { rangeOf } from '../range.ts'
import { answering, noQuery } from '../schemas.ts'

const tags = ['alerts']

export function alertRuleRoutes(app: ZodApp, deps: ApiDeps): void {
  const patience = patienceOf(app)
  takesRules(app)

  app.get(
    '/rules',
    { schema: { tags, summary: 'Alert rules, their sources and their faults', querystring: noQuery, response: answering(rulesAnswer) } },
    async () => ({ rules: (await deskOf(deps).rules()).map(ruleOf) }),
  )

  app.get(
    '/rules/:id',
    {
      schema: { tags, summary: 'One of them: the one that counts', params: ruleParams, querystring: noQuery, response: answering(ruleRow) },
    },
    async ({ params: { id } }) => {
      const ofId = (await deskOf(deps).rules()).filter((rule) => rule.id === id)
      const found = ofId.find(({ inForce }) => inForce) ?? ofId.at(-1)
      if (found === undefined) throw new ProblemError('not_found', `There is no alert rule ${id}.`)
      return ruleOf(found)
    },
  )

  const put = {
    tags,
    summary: 'Make or change a rule',
    description:
      'It replaces the one of the same id that comes from a file. Checked whole: a rule with faults is refused, with all of them.',
    consumes: RULE_TYPES,
    params: ruleParams,
    querystring: whoQuery,
    body: ruleBody,
    response: answering(ruleRow),
  }
  app.put('/rules/:id', { schema: put, onRequest: fromOwnPage }, async ({ params: { id }, query, body }) =>
    ruleOf(await deskOf(deps).putRule(id, body, whoOf(query))),
  )

  const remove = {
    tags,
    summary: 'Delete a rule that came over the API',
    description: 'The one of the same id from a file, where there is one, is in force again.',
    params: ruleParams,
    querystring: noQuery,
    response: answering(doneAnswer),
  }
  app.delete('/rules/:id', { schema: remove, onRequest: fromOwnPage }, async ({ params: { id } }) => {
    await deskOf(deps).deleteRule(id)
    return { done: true as const }
  })

  const test = {
    tags,
    summary: 'When would a rule have fired?',
    description: 'Replays the rule over history. Changes nothing.',
    consumes: RULE_TYPES,
    querystring: testQuery,
    body: ruleBody,
    response: answering(testAnswer),
  }
  app.post('/rules/test', { schema: test, onRequest: fromOwnPage }, async ({ query, body }) => {
    const range = rangeOf(query, deps.now())
    try {
      return testOf(await deskOf(deps).testRule(body, range, patience()))
    } catch (error) {
      if (isTracefoldError(error, 'aborted'))
        throw new ProblemError('busy', 'This takes longer than one request may. Ask for a shorter range, or use `tracefold alerts test`.')
      throw error
    }
  })
}
