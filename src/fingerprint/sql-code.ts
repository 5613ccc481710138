/**
 * In: type and message of an exception of a database. Out: the SQLState, vendor code or name that tells its errors apart, or ''.
 *
 *   `Unique index or primary key violation ...; SQL statement: insert ... [23505-224]`  ->  `23505` (224 is H2's build)
 */
import { isSql } from './exception-types.ts'

/** Codes stand at the end, or else at the beginning; a statement between may be long. */
const TAIL_CHARS = 1_024

/** Spring names both, since many a driver has one SQL state for all: `SQL state [HY000]; error code [1205]`. Its types do not tell that a database is behind. */
const NAMED = /\bSQL state \[([0-9A-Z]{5})\](?:; error code \[(-?\d{1,6})\])?/

/** What kind of error a search server answered stands among its fields: `Elasticsearch exception [type=index_not_found_exception, reason=...]`. */
const SEARCH = /\b(?:Elasticsearch|OpenSearch) exception \[type=(\w{1,80}), reason=/

const PATTERNS = [
  /\[(\d{4,6})-\d{1,4}\]\s{0,4}$/, // H2
  /\bSQLState[:=]? ?([0-9A-Z]{5})\b/i, // DB2, many logs
  /\b(ORA-\d{4,5})\b/, // Oracle
  /\((\d{3,5})\)\s{0,4}$/, // MySQL
]

export function sqlCode(type: string, message: string | null): string {
  if (message === null) return ''
  const tail = message.slice(-TAIL_CHARS)
  const [, state, code = ''] = NAMED.exec(tail) ?? []
  if (state !== undefined) return `${state} ${code}`.trim()
  const kind = SEARCH.exec(message.slice(0, TAIL_CHARS))?.[1]
  if (kind !== undefined) return kind
  if (!isSql(type)) return ''
  for (const pattern of PATTERNS) {
    const found = pattern.exec(tail)?.[1]
    if (found !== undefined) return found
  }
  return ''
}
