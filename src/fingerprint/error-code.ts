/**
 * In: type and message of an exception. Out: the code in its first line that tells its errors apart, or ''. What an object or a quote holds is masked as a
 * whole, and a bare number is data, so a code counts beside the message key.
 *
 *   `Unexpected code Response{protocol=h2, code=404, url=http://a}`  ->  `404`         `order 12 failed [E1001]`  ->  `E1001`
 *
 * Only names are read in any case: `error code FOR` is a code, `error code for` is none. Of messages without an exception see status.ts. Pure.
 */
import { simpleName } from './exception-types.ts'

const MAX_CHARS = 1_024
const HTTP_TYPE = /Http|ResponseException|StatusCode/
const HTTP_BEGINNING = /^([45]\d\d)(?= [A-Za-z]|:|$)/
/** `E1001`, `ORDER_LOCKED`, `order_locked`, `OrderLocked`. */
const WORD = String.raw`[A-Z][A-Z\d]*(?:[_.-][A-Z\d]+)*|[a-z]+(?:[_.][a-z]+)+|[A-Z][a-z]+(?:[A-Z][a-z]+)+`
const SHORT = String.raw`[A-Z]{1,8}[-_]?\d{2,6}`
const PATTERNS = [
  String.raw`\b(?:[Ee]rr(?:or)?|ERR(?:OR)?)[ _-]?(?:[Cc]ode|CODE)["']?(?: ?[:=]| is)? ?["'[(]?(-?\d{1,6}|${WORD})(?![\w-])`,
  String.raw`(?:^|[({[,;:] ?)["']?(?:[Cc]ode|CODE)["']? ?[:=] ?["'[]?([1-5]\d\d|${SHORT}|[A-Z]+(?:_[A-Z]+)+)(?![\w-])`,
  String.raw`(?<!\bwith )\b(?:[Ee]rror|ERROR|[Ff]ehler) #?(${SHORT}|\d{2,6})(?=[:,;)\]]|$)`,
  String.raw`\b(ORA-\d{4,5})\b`,
  String.raw`\b[Ss]tatus(?:[ _]?[Cc]ode)?(?: ?[:=] ?| (?:is |was )?)([345]\d\d)(?![\w.-])`,
  String.raw`[[(](${SHORT})[\])]\.?$`,
].map((pattern) => RegExp(pattern))

export function errorCode(type: string, message: string): string {
  const line = message
    .slice(0, MAX_CHARS)
    .trimStart()
    .split(/[\r\n]/, 1)[0]!
    .trimEnd()
  if (!/\d|ode/.test(line)) return ''
  const status = HTTP_TYPE.test(simpleName(type)) ? HTTP_BEGINNING.exec(line)?.[1] : undefined
  if (status !== undefined) return status
  for (const pattern of PATTERNS) {
    const found = pattern.exec(line)?.[1]
    if (found !== undefined) return found
  }
  return ''
}
