/** The wiring of a reset: the rules of now, and a commit by the branch's own store. */
import type { Neighbours } from './neighbours.ts'
import type { Settings } from '../config/schema.ts'
import type { Logger } from '../log.ts'
import type { Metrics } from '../metrics.ts'
import { createRules } from '../rules/rules.ts'
import type { ElasticsearchDocuments } from '../store/elasticsearch/documents.ts'
import { commitResume } from './commit-resume.ts'
import type { ResetAnswer, ResetQuery } from '../offsets/desk.ts'
import { reset } from '../offsets/reset.ts'

export interface ResetParts {
  readonly settings: Settings
  readonly neighbours: Neighbours
  readonly documents: ElasticsearchDocuments
  readonly metrics: Metrics
  readonly log: Logger
}

export function runReset(parts: ResetParts, query: ResetQuery): Promise<ResetAnswer[]> {
  const rules = createRules(parts.settings)
  return reset(
    { ...parts, digest: rules.digest, commit: (branch, partition, resume) => commitResume({ ...parts, rules }, branch, partition, resume) },
    query,
  )
}
