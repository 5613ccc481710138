/**
 * In: type and message of an exception of a database. Out: the SQLState or vendor code that tells its errors apart, or ''.
 *
 *   `Unique index or primary key violation ...; SQL statement: insert ... [23505-224]`  ->  `23505` (224 is H2's build)
 */
import { isSql } from './exception-types.ts'

/** Codes stand at the end; a statement before it may be long. */
const TAIL_CHARS = 512

const PATTERNS = [
  /\[(\d{4,6})-\d{1,4}\]\s{0,4}$/, // H2
  /\bSQLState[:=]? ?([0-9A-Z]{5})\b/i, // DB2, Spring, many logs
  /\b(ORA-\d{4,5})\b/, // Oracle
  /\((\d{3,5})\)\s{0,4}$/, // MySQL
]

export function sqlCode(type: string, message: string | null): string {
  if (message === null || !isSql(type)) return ''
  const tail = message.slice(-TAIL_CHARS)
  for (const pattern of PATTERNS) {
    const code = pattern.exec(tail)?.[1]
    if (code !== undefined) return code
  }
  return ''
}
