/** How the streams of this process are: lag, rates, latency, where their time goes, the terms of the account, and the last troubles. Reads only. */
import { NOTHING } from '../../stream/tally.ts'
import type { ApiDeps, ZodApp } from '../deps.ts'
import { countsOf, streamOf, troubleOf } from '../pipeline-rows.ts'
import { pipelineAnswer } from '../pipeline-schemas.ts'
import { iso } from '../range.ts'
import { answering, noQuery } from '../schemas.ts'

const NO_STREAMS = { streams: [], tallies: { tally: () => NOTHING, byBranch: () => [] } }

export function pipelineRoutes(app: ZodApp, deps: ApiDeps): void {
  const schema = {
    tags: ['operations'],
    summary: 'How the streams of this process are',
    querystring: noQuery,
    response: answering(pipelineAnswer),
  }
  app.get('/pipeline', { schema }, async () => {
    const { streams, tallies } = deps.pipeline?.() ?? NO_STREAMS
    return {
      now: iso(deps.now()),
      streams: streams.map(streamOf),
      counts: countsOf(tallies),
      troubles: deps.health.troubles().map(troubleOf),
    }
  })
}
