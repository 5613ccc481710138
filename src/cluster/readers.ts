/** The reader of cluster mode beside Druid's: the ledger from both of its places. */
import { foldReplays } from '../dlq/ledger.ts'
import { availably } from '../errors.ts'
import { readTopic } from '../kafka/read-topic.ts'
import type { ElasticsearchDocuments } from '../store/elasticsearch/documents.ts'
import type { LedgerReader } from '../store/ledger.ts'
import { totalsOf } from '../store/rollup-ledger.ts'
import { everyCluster, type Neighbours } from './neighbours.ts'

/** Over all Kafka clusters: while one of them is away there is no account, since a part of it would look like a loss. */
export function ledgerReader(neighbours: Neighbours, documents: ElasticsearchDocuments): LedgerReader {
  const marksOf = ({ kafka, admin, names }: Neighbours): Promise<Map<string, Buffer>> =>
    availably(() => readTopic(kafka, admin, names.ledgerTopic))
  return {
    ledger: async ({ from, to }) => {
      const [detail, marks] = await Promise.all([documents.ledger({ from, to }), Promise.all(everyCluster(neighbours).map(marksOf))])
      const rollup = marks.flatMap((ofCluster) => totalsOf(ofCluster.values())).filter(({ day }) => day >= from && day <= to)
      return foldReplays([...detail, ...rollup.toSorted((a, b) => (a.day + a.contributor < b.day + b.contributor ? -1 : 1))])
    },
  }
}
