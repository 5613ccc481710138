/**
 * Which word in a message is a status or an error's code: of an HTTP answer, of a process that ended, of a database, or as named. It tells errors apart
 * (429 is no 404), as other numbers do not.
 *
 *   `exited with code 137`, `HTTP/1.1 429 Too Many Requests`, `HTTP response code: 503 for URL`, `(Service: S3, Status Code: 403)`, `HTTP error fetching URL. Status=404`,
 *   `SQL Error: 1062, SQLState: 23000`, `errorCode=ORDER_LOCKED`, `ORA-00001`
 *
 * A bare `status: 200` or `status code 200` is none: access logs have it, with any number. `failed with error 10061` counts what the system counts. Pure.
 */
const BEFORE_CHARS = 40
const MAX_CODE_CHARS = 64

interface Kind {
  readonly word: RegExp
  readonly before: RegExp
}

const KINDS: readonly Kind[] = [
  {
    word: /^\d{1,3}$/,
    before:
      /\b(?:exit|exited|terminated)(?: with)?(?: an?| the)?(?: non-zero)?(?: exit)?[ _]?(?:code|status|value)(?: is| was| of)?(?: ?[:=])?[ =]?$/i,
  },
  {
    word: /^[1-5]\d\d$/,
    before:
      /(?:\bHTTP(?:\/\d(?:\.\d)?)?|\bHTTP (?:status|error|response|code)(?: code)?|\b(?:with|returned|received|unexpected) (?:status|response|code)(?: code| status)?|\b(?:response|status)[ _]?code(?= ?[:=])|\bURL\. Status)(?: ?[:=]| is| was| of)?[ =]?$/i,
  },
  { word: /^[0-9A-Z]{5}$/, before: /\bSQL[ _]?State(?: ?[:=])? ?$/i },
  { word: /^-?\d{1,6}$/, before: /\bSQL Error: ?$/ },
  { word: /^(?:-?\d{1,6}|[A-Za-z]+(?:[._-][A-Za-z]+)*[._-]?\d{0,6})$/, before: /\berr(?:or)?[ _-]?code(?: ?[:=]| is| was| of)? ?$/i },
]
/** Most numbers have none of these before them. */
const HINT = /(?:code|status|state|value|error|response|HTTP(?:\/\d(?:\.\d)?)?)(?: is| was| of)?(?: ?[:=])?[ =]?$/i
const ORACLE = /^ORA-\d{4,5}$/

/** `at`: where the word begins. */
export function isStatus(line: string, at: number, word: string): boolean {
  if (word === '' || word.length > MAX_CODE_CHARS) return false
  if (ORACLE.test(word)) return true
  const before = line.slice(Math.max(0, at - BEFORE_CHARS), at)
  return HINT.test(before) && KINDS.some((kind) => kind.word.test(word) && kind.before.test(before))
}
