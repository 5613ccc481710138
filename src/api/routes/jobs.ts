/** Which jobs had errors in a range, most events first. Reads rollups; changes nothing. */
import type { JobRow } from '../../store/rollup-store.ts'
import type { ApiDeps, ZodApp } from '../deps.ts'
import { iso, rangeOf } from '../range.ts'
import { answering, jobsAnswer, jobsQuery } from '../schemas.ts'
import { changeOf } from '../exception-rows.ts'

export function jobRoutes(app: ZodApp, deps: ApiDeps): void {
  const schema = { tags: ['exceptions'], summary: 'Jobs with errors', querystring: jobsQuery, response: answering(jobsAnswer) }
  app.get('/jobs', { schema }, async ({ query }) => {
    const range = rangeOf(query, deps.now())
    const rows = await deps.reader.jobs({ ...range, limit: query.limit })
    return { from: iso(range.fromMs), to: iso(range.toMs), jobs: rows.map(rowOf) }
  })
}

function rowOf(row: JobRow) {
  return {
    job: row.job,
    count: row.count,
    previous_count: row.previousCount,
    change: changeOf(row),
    error_types: row.errorTypes,
    hosts: row.hosts,
    first_seen: iso(row.firstMs),
    last_seen: iso(row.lastMs),
  }
}
