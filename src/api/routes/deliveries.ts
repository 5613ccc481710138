/** How telling of alerts goes: the receivers, and what did not get through to one. Reads only. */
import { deskOf } from '../alert-desk.ts'
import { receiversOf, undeliveredOf } from '../alert-rows.ts'
import { receiversAnswer, undeliveredAnswer } from '../alert-schemas.ts'
import type { ApiDeps, ZodApp } from '../deps.ts'
import { answering, noQuery } from '../schemas.ts'

const tags = ['alerts']

export function deliveryRoutes(app: ZodApp, deps: ApiDeps): void {
  app.get(
    '/deliveries/undelivered',
    { schema: { tags, summary: 'Notifications that did not get through', querystring: noQuery, response: answering(undeliveredAnswer) } },
    async () => undeliveredOf(await deskOf(deps).undelivered()),
  )

  app.get(
    '/deliveries/receivers',
    { schema: { tags, summary: 'Receivers, and how delivery to them goes', querystring: noQuery, response: answering(receiversAnswer) } },
    async () => receiversOf(await deskOf(deps).receivers()),
  )
}
