/**
 * In: a message. Out: its message key: the first line, with everything that varies between two events of one error as `<*>`.
 *
 *   `E1001 order 42 of 'anna' failed: http://shop/o/42 (attempt=3)`  ->  `E1001 order <*> of <*> failed: <*> (attempt=<*>)`
 *
 * Placeholders bear no names, so that a new kind of variable moves no key. A leading error code and names of exceptions stay: they tell errors apart.
 * `comparable` is the form that goes into a key, in which one event with `1 row` equals the next with `2 rows`.
 * Linear in the message, which counts for 1,024 characters: no step looks at a character more than a bounded number of times.
 * A change that moves a key is a new version: see algorithms.ts. Pure; never throws.
 */
import { maskAssigned, maskBracketed } from './brackets.ts'
import { maskDocuments, saidByObject } from './documents.ts'
import { HOLE } from './hole.ts'
import { isHost } from './host.ts'
import type { MessageException } from './overrides.ts'
import { isStatus } from './status.ts'
import { raisedIn } from './traceback.ts'

const MAX_MESSAGE_CHARS = 1_024
const MAX_KEY_CHARS = 256

/** `E1001`, `BIZ-204`, `ORA-00001`, `[E1001]`, at the very beginning; and statuses, as Spring and Feign begin: `404 : `, `[404 Not Found] during`. */
const ERROR_CODE = /^(?:\[[A-Z]{1,5}-?\d{2,6}\]|[A-Z]{1,5}-?\d{2,6}(?![\w.@/%+-])|[45]\d\d(?= : )|\[[45]\d\d [^\]]{0,60}\](?= during ))/
/** All that a message is: an answer or an event in snake case, a short code. Elsewhere it may be the name of a table, or of a machine. */
const NAME = /^(?:[A-Z]{1,5}-?\d{1,6}|\p{L}+(?:[_-]\p{L}+)*)$/u
/** As redaction leaves it (decode/redactor.ts): data, as a number is. */
const REDACTION = '[redacted:'
const REDACTED = /\[redacted:[a-z\d-]{1,100}\]/g
/** Of SLF4J and Log4j, `{}`; of MessageFormat and JBoss, `{0,number}`; of OpenTelemetry, `{order.id}`; of String.format, `%5.2f`. */
const PLACE = /\{[\w.@$]{0,64}(?:[,:][^{}]{0,32})?\}|%[-+#,(0]{0,3}(?:\d{1,3}\$)?\d{0,5}(?:\.\d{1,3})?[sSdxXcbBeEfgG](?![A-Za-z])/g
/** What stands for data that is not shown. */
const DATA = '0'
const QUOTED = /"[^"]*"|`[^`]*`|“[^”]*”|«[^»]*»|‘[^’]*’|(?<![\p{L}\p{N}])'[^']*'/gu
const NUMBER = /^[-+]?\d[\d.,:]*$/
/** What a request does tells errors apart; what it is sent to does not. */
const REQUEST = /^"(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) /
const PATH = /(?<![^\s=([:,;"'<])(?:\.{0,2}\/|~\/|[A-Za-z]:\\(?:[^\s\\,;:)\]}]+(?: [^\s\\,;:)\]}]+){0,3}\\)*)[^\s,;:)\]}]+/g
/** A path with blanks ends where the system's reason begins: `/tmp/a b (No such file or directory)`. */
const PATH_WITH_REASON = /(?<=^|: )(?:\/|[A-Za-z]:\\)[^:;,"'()]{1,512}(?= \([A-Z][^()]*\)$)/g
/** `$`, `$.orders[0].id`: where in a document; Gson and Jackson print it. */
const JSON_PATH = /(?<![^\s=([:,;"'<])\$(?:[.[][^\s,;:)]*|(?=[\s,;:)]|$))/g
const DATE_WORDS =
  /\b(?:(?:Mon|Tue(?:s)?|Wed(?:nes)?|Thu(?:rs)?|Fri|Sat(?:ur)?|Sun)(?:day)?,? )?(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sep(?:tember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?) (?= ?\d)/g
const ZONE = / (?:UTC|GMT|[A-Z]{1,3}[SD]?T)(?= (?:19|20)\d\d(?!\d))/g
/** As `ZonedDateTime` prints it, behind the time. */
const ZONE_ID = /<\*>\[(?:UTC|GMT|Z|[A-Z][a-z]{1,16}(?:\/[\w+-]{1,32}){1,2})\]/g
/** Six pairs of hexadecimal digits, which need not hold a decimal one, and more. */
const HARDWARE_ADDRESS = /(?<![\w:])[0-9A-Fa-f]{2}(?:[:-][0-9A-Fa-f]{2}){5,31}(?![\w:])/g
/** Groups of hexadecimal digits that need not hold a decimal one, `2001:db8::cafe`, and as Java prints an address, `host/[::1]`. */
const IPV6 =
  /(?<![\w.-])[\w.-]{0,255}\/\[[0-9A-Fa-f:]{2,39}\]|(?<![\w:.])(?=[0-9A-Fa-f:]{0,40}\d)[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?![\w:])/g
const TWO_COLONS = /:[0-9A-Fa-f]{0,4}:/
const IPV6_IN_BRACKETS = /(?<!\/)\[(?=[0-9A-Fa-f:]{0,40}::|(?:[0-9A-Fa-f]{1,4}:){7})[0-9A-Fa-f:.]{2,45}(?:%\w{1,16})?\](?::\d{1,5})?/g
/** What stands in the brackets of Elasticsearch, Kafka and others is a name, of one thing or of many: `no such index [orders]`, `topics: [a, b]`. */
const NAMED =
  /\b((?:index|indices|topics?|partitions?|fields?|alias(?:es)?|types?|nodes?|ids?|keys?|tables?|columns?|groups?|names?|values?|users?|roles?|hosts?):? )\[[^[\]]{1,512}\]/gi
/** The same without brackets or quotes, where the words around it say that it is a name. */
const BARE_NAMED =
  /\b((?:topic|table|view|queue|index|bucket|collection|keyspace|database|group) )(?!(?:is|was|are|were|has|the|this|that|which)\b)[\w.$-]+(?= (?:not present|not found|does not exist|doesn't exist|is not (?:found|present|available|known)|could not be found)\b)|\b(access (?:topic|group|transactional ?id)s?: |\b(?:topic|table|view|index|collection) (?:not found|does not exist): )(?!\[)[^\s,;()]+/gi
const BARE_HINT = / not |n't exist|access /
/** `Request ID: ABCDEF`, which need not hold a digit. */
const ID = /\b(ids?: |with id )[^\s,;()\]]+(?:\([^\s()]{1,255}\))?/gi
/** The JDK prints whole objects and texts behind its words. */
const WHOLE = /\b(Duplicate key|Invalid UUID string:) (?:.+ \(attempted merging values .+\)|(?<=: ).+)/
/** States and people are named by words, so only the words around them tell. */
const TRANSITION = /\bfrom (?:state )?[A-Z][A-Z_]+ to (?:state )?[A-Z][A-Z_]+(?!\w)/g
const STATE = /\b(stat(?:e|us)(?::| is)? )[A-Z][A-Z_]+(?!\w)|\b[A-Z][A-Z_]+(?= \((?:\w+[ .])?state\))/g
const USER = /\b((?:for|of|as) user) (?!name\b)[^\s,;:)\]]+|\b((?:invalid|unknown|illegal) user) [^\s,;:)\]]+(?= from | \[)/gi
const ACCOUNT =
  /\b((?:password|publickey|login|logon|authentication|authorization|credentials)(?: (?:failed|failure|failures|denied|refused|rejected|succeeded|expired))? for) (?!(?:user|account|principal|invalid|unknown|illegal|the|an?|all|this|any)\b)[^\s,;:)\]]+/gi
/** With the padding that tells it, which is no sign of an empty value: `timeout=`. */
const BASE64 = /(?<![\w+/=])(?:[A-Za-z0-9+/]{2,}==|(?=[A-Za-z+/]{0,1024}\d)[A-Za-z0-9+/]{7,}=)(?![\w=+/])/g
/** Only ASCII glues to a digit: a script without spaces would make one token of a sentence. */
const TOKEN = /[A-Za-z0-9_+./@%~-]+/g
/** Literals of Java that stand for a value as a number does, and names of types that a value has or should have. */
const LITERAL = /[-+]?(?<![\p{L}\p{N}_.])(?:NaN|Infinity|true|false)(?![\p{L}\p{N}_])|[-+]?∞/gu
const PRIMITIVE =
  /\b(a|an|as|from|of|to|type|into) (?:int|long|short|byte|char|float|double|boolean|Integer|Long|Short|Byte|Character|Float|Double|Boolean|String)(?![\p{L}\p{N}_])/gu
const UNIT = /<\*> (?:[KMGTkmgt]i?[Bb]|B|[nuµm]?s|secs?|min|[AP]M|%)(?![\p{L}\p{N}])/gu
/** The `>` of a hole before it is no sign. */
const SIGNED_HOLE = /(?<!<\*)[-+#$~<>]{1,3}<\*>/g
const HOLES = /<\*>(?:[\s,:;.|/-]*<\*>)+/g
/** A remark that is there in one event and not in the next: `close, 3045 bytes (3 KB) sent`. */
const REMARK = / \((?:[<*>\s[\],:;.|/-])*\)/g

const SAID_TWICE = /(?<=^|: )([^():]{2,120}) \(\1\)$/
const BEGINNING = /^.|(?<=: )\p{Lu}(?=\p{Ll})/gsu
const PLURAL_Y = /(<\*> \p{Ll}{2,30})ies(?!\p{L})/gu
const PLURAL = /(<\*> \p{Ll}{3,30})s(?!\p{L})/gu

/** With its package; it tells more than a host does. */
const EXCEPTION = /\.[A-Z][A-Za-z]*(?:Exception|Error|Throwable)$/
/** Answers of servers, alerts of TLS. */
const ANSWER =
  /exception|error|fail|denied|invalid|unsupported|unauthorized|forbidden|missing|not_|expired|timeout|exceeded|unavailable|certificate|(?:^|_)(?:already|bad|blocked|cancell?ed|close(?:d|_notify)|conflict|disabled|duplicate|illegal|inappropriate|insufficient|locked|mac|mismatch|no|overflow|protocol|rejected|refused|required|revoked|too|unexpected|unknown|unrecognized)(?:_|$)/

/** Words with digits that are words. */
const PLAIN_WORDS = new Set(
  'utf8 utf-8 utf16 utf-16 sha1 sha-1 sha256 sha-256 sha512 md5 base64 http2 http/2 http/1.0 http/1.1 s3 ec2 oauth2 ipv4 ipv6 log4j log4j2 h2 k8s x509 x.509 int32 int64 float32 float64 iso-8859-1 iso8601 tls1.2 tls1.3'.split(
    ' ',
  ),
)

export function messageKey(message: string, exception: MessageException | null = null): string {
  const said = saidByObject(message)
  const line = firstLine(said?.text ?? message)
  if (said?.isName === true || NAME.test(line)) return line.slice(0, MAX_KEY_CHARS)
  const code = ERROR_CODE.exec(line)?.[0] ?? ''
  const rest = line.slice(code.length)
  const masked =
    exception === null
      ? mask(rest)
      : exception.as === 'mask'
        ? mask(rest.replace(exception.regex, HOLE))
        : maskAround(rest, exception.regex)
  return saidOnce((code + masked).replace(/\s+/g, ' ').trim().slice(0, MAX_KEY_CHARS))
}

/** A template with something in its holes, so that it is masked as its messages are. */
export function filled(template: string): string {
  return template.replace(PLACE, DATA)
}

/** Of each quoted value whether it is a number: `n` or `t`, in order. */
export function quotedKinds(message: string): string {
  const line = maskDocuments(firstLine(saidByObject(message)?.text ?? message))
  return (line.match(QUOTED) ?? []).map((quoted) => (NUMBER.test(quoted.slice(1, -1)) ? 'n' : 't')).join('')
}

/** JVMs change the case of a message's first letter, also where it is quoted (`failed: connect timed out`), and number decides the form of a noun. */
export function comparable(key: string): string {
  return key
    .replace(BEGINNING, (letter) => letter.toLowerCase())
    .replace(PLURAL_Y, '$1y')
    .replace(PLURAL, '$1')
}

/** Java 8 says `failed: Connection refused (Connection refused)`. */
function saidOnce(key: string): string {
  return key.endsWith(')') ? key.replace(SAID_TWICE, '$1') : key
}

function maskAround(text: string, kept: RegExp): string {
  let out = ''
  let from = 0
  for (const { 0: match, index } of text.matchAll(kept)) {
    out += mask(text.slice(from, index)) + match
    from = index + match.length
  }
  return out + mask(text.slice(from))
}

function mask(text: string): string {
  const shown = (text.includes(REDACTION) ? text.replace(REDACTED, DATA) : text).replace(WHOLE, `$1 ${HOLE}`)
  const plain = shown.includes('=') ? shown.replace(BASE64, (coded) => (coded.length % 4 === 0 ? HOLE : coded)) : shown
  const named = maskPaths(maskAddresses(maskUrls(maskDocuments(plain)).replace(QUOTED, maskQuoted)))
  const masked = maskAssigned(maskNames(named))
    .replace(HARDWARE_ADDRESS, HOLE)
    .replace(TRANSITION, `from ${HOLE} to ${HOLE}`)
    .replace(STATE, `$1${HOLE}`)
    .replace(USER, `$1$2 ${HOLE}`)
    .replace(ACCOUNT, `$1 ${HOLE}`)
    .replace(LITERAL, HOLE)
    .replace(PRIMITIVE, `$1 ${HOLE}`)
    .replace(DATE_WORDS, '')
    .replace(ZONE, '')
    .replace(TOKEN, maskToken)
    .replace(UNIT, HOLE)
    .replace(ZONE_ID, HOLE)
    .replace(SIGNED_HOLE, HOLE)
    .replace(HOLES, HOLE)
  return maskBracketed(masked).replace(REMARK, '')
}

/** Most lines have none of the signs, and to look for one costs a tenth of a pattern. */
function maskAddresses(line: string): string {
  if (!TWO_COLONS.test(line)) return line
  return (line.includes('[') ? line.replace(IPV6_IN_BRACKETS, HOLE) : line).replace(IPV6, HOLE)
}

function maskNames(line: string): string {
  const named = line.includes('[') ? line.replace(NAMED, `$1[${HOLE}]`) : line
  const bare = BARE_HINT.test(named) ? named.replace(BARE_NAMED, `$1$2${HOLE}`) : named
  return /[iI][dD]/.test(bare) ? bare.replace(ID, `$1${HOLE}`) : bare
}

function maskPaths(line: string): string {
  const reasoned = line.endsWith(')') ? line.replace(PATH_WITH_REASON, HOLE) : line
  const found = /[/\\]/.test(reasoned) ? reasoned.replace(PATH, HOLE) : reasoned
  return found.includes('$') ? found.replace(JSON_PATH, HOLE) : found
}

function maskQuoted(quoted: string): string {
  const method = REQUEST.exec(quoted)?.[1]
  return method === undefined ? HOLE : `${method} ${HOLE}`
}

/** The first line that has anything in it; a word that the limit cuts is left out. */
function firstLine(message: string): string {
  const text = raisedIn(message.trimStart())
  const newline = text.search(/[\r\n]/)
  const line = newline < 0 ? text : text.slice(0, newline)
  if (line.length <= MAX_MESSAGE_CHARS) return line
  const space = line.lastIndexOf(' ', MAX_MESSAGE_CHARS)
  return line.slice(0, space < 0 ? MAX_MESSAGE_CHARS : space)
}

/** By hand, because a pattern that begins with a scheme would try every letter of a long word as its beginning. */
function maskUrls(line: string): string {
  let out = ''
  let from = 0
  for (let sign = line.indexOf('://'); sign >= 0; sign = line.indexOf('://', from)) {
    let begin = sign
    while (begin > from && /[\w+.:-]/.test(line[begin - 1]!)) begin--
    let end = sign + 3
    while (end < line.length && !/[\s"'<>)\]},;]/.test(line[end]!)) end++
    out += line.slice(from, begin) + HOLE
    from = end
  }
  return out + line.slice(from)
}

function maskToken(token: string, at: number, line: string): string {
  const end = endOfWord(token)
  const word = token.slice(0, end)
  if (/\d/.test(word)) return PLAIN_WORDS.has(word.toLowerCase()) || isStatus(line, at, word) ? token : HOLE + token.slice(end)
  if (EXCEPTION.test(word) || line[at + token.length] === '(') return token
  return isDataName(word) || isHost(word, line, at, at + token.length) ? HOLE + token.slice(end) : token
}

/** Without the full stop of a sentence. */
function endOfWord(token: string): number {
  let end = token.length
  while (end > 0 && /[./-]/.test(token[end - 1]!)) end--
  return end
}

/** Java's own names are camel case: `orders_eu` is a table, a topic, a group. `invalid_grant` is an answer and stays. */
function isDataName(word: string): boolean {
  return /^[a-z]+(?:_[a-z]+)+$/.test(word) && !ANSWER.test(word)
}
