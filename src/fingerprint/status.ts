/**
 * Which number in a message is the status of an HTTP answer: it tells errors apart (429 is no 404), as other numbers do not.
 *
 *   `HTTP/1.1 429 Too Many Requests`, `HTTP response code: 503 for URL`, `(Service: S3, Status Code: 403)`, `HTTP error fetching URL. Status=404`
 *
 * A bare `status: 200` or `status code 200` is none: access logs have it, with any number. Pure.
 */
const STATUS = /^[1-5]\d\d$/
const BEFORE =
  /(?:\bHTTP(?:\/\d(?:\.\d)?)?|\b(?:HTTP|with|returned|received|unexpected) (?:status|error|response|code)(?: code)?|\b(?:response|status|error)[ _]?code(?= ?[:=])|\bURL\. Status)(?: ?[:=]| is| was| of)?[ =]?$/i
const BEFORE_CHARS = 32

/** `at`: where the word begins. */
export function isStatus(line: string, at: number, word: string): boolean {
  return word.length === 3 && STATUS.test(word) && BEFORE.test(line.slice(Math.max(0, at - BEFORE_CHARS), at))
}
