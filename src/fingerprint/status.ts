/**
 * Which number in a message is a status: of an HTTP answer, or of a process that ended. It tells errors apart (429 is no 404), as other numbers do not.
 *
 *   `exited with code 137`, `HTTP/1.1 429 Too Many Requests`, `HTTP response code: 503 for URL`, `(Service: S3, Status Code: 403)`, `HTTP error fetching URL. Status=404`
 *
 * A bare `status: 200` or `status code 200` is none: access logs have it, with any number. Pure.
 */
const STATUS = /^[1-5]\d\d$/
const BEFORE =
  /(?:\bHTTP(?:\/\d(?:\.\d)?)?|\b(?:HTTP|with|returned|received|unexpected) (?:status|error|response|code)(?: code)?|\b(?:response|status|error)[ _]?code(?= ?[:=])|\bURL\. Status)(?: ?[:=]| is| was| of)?[ =]?$/i
const EXIT = /^\d{1,3}$/
const BEFORE_EXIT =
  /\b(?:exit|exited|terminated)(?: with)?(?: an?| the)?(?: non-zero)?(?: exit)?[ _]?(?:code|status|value)(?: is| was| of)?(?: ?[:=])?[ =]?$/i
const BEFORE_CHARS = 40

/** `at`: where the word begins. */
export function isStatus(line: string, at: number, word: string): boolean {
  if (word.length > 3 || !EXIT.test(word)) return false
  const before = line.slice(Math.max(0, at - BEFORE_CHARS), at)
  return BEFORE_EXIT.test(before) || (STATUS.test(word) && BEFORE.test(before))
}
