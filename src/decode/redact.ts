/**
 * Text -> the same text with keys, e-mail addresses, passwords, tokens and card numbers replaced by `[redacted:<what>]`. It comes before the
 * fingerprint, so that no title, store or dead letter holds a secret. Pure; linear in the text; redacting twice changes nothing more.
 *
 * A trick: most of a stack trace is frame lines, which hold no secret, so only the other lines are looked at, and first for a clue without
 * which no pattern can match. So clean text, which nearly all is, is scanned once and copied never. What a user's own rules add: redactor.ts.
 */
import { isCard, CARD } from './card-number.ts'
import type { Redact } from './redact-body.ts'
import { SECRET_CLUE, withoutSecrets } from './secret-values.ts'
import { VENDOR_KEY_CLUE, withoutVendorKeys } from './vendor-keys.ts'

/** What is redacted unless it is switched off, each named by its placeholder. */
export const BUILT_IN = ['key', 'password', 'jwt', 'authorization', 'secret', 'email', 'card'] as const
export type BuiltIn = (typeof BUILT_IN)[number]

/** `scheme://user:password@`. The last `@` before a blank or slash ends the password. */
const URL_PASSWORD = /(:\/\/[^\s/:@?#"'\\[\]]*:)[^\s/"'\\]+@/g
const JWT = /(?<![\w-])eyJ[\w-]{5,}\.[\w-]{2,}\.[\w-]*/g
/** `https://token@`, and Oracle's `jdbc:oracle:thin:user/password@`. */
const URL_TOKEN = /(https?:\/\/)[^\s/:@?#"'\\[\]]+@/gi
const ORACLE_PASSWORD = /(jdbc:oracle:\w{1,20}:[^\s/@:"'\\]{1,128}\/)[^\s/@"'\\]+@/gi
/** `Authorization: Bearer xyz`, the same without the scheme, and in the brackets of a list: `{authorization=[Basic xyz]}`. */
const SCHEME = 'bearer|basic|digest|negotiate|ntlm|token|apikey|aws4-hmac-sha256|hawk|splunk'
const AUTHORIZATION = new RegExp(
  `(authorization\\\\*["']?\\s*[=:]\\s*(?:\\[(?!redacted:))?\\\\*["']?(?:(?:${SCHEME})\\s+)?)(?!(?:${SCHEME})\\s|null\\b)[^\\s,;"'\\\\(){}<>[\\]]+`,
  'gi',
)
/** A bearer token by itself has a digit in it; `Bearer authentication failed` has none. */
const BEARER = /\b(bearer\s+)(?=[^\s,;"'\\]*\d)[\w.~+/=-]{8,}/gi
/** What hangs on an address goes with it: `a@b.com-c@d.com` would else leave the second one. Nothing in it can match in two ways. */
const EMAIL = /(?<![\w.%+-])[\w.%+-]+(?:@(?:[a-z0-9-]+\.)+[a-z]{2,}[\w.%+-]*)+/gi
const FRAME_START = '\tat '
const CLOSERS = ')]'

interface Step {
  readonly of: BuiltIn
  /** Without it the step changes nothing. */
  readonly clue: RegExp
  readonly redact: Redact
}

/** In the order in which they are taken. */
const STEPS: readonly Step[] = [
  { of: 'key', clue: VENDOR_KEY_CLUE, redact: withoutVendorKeys },
  { of: 'password', clue: /@/, redact: withoutUrlPassword },
  { of: 'jwt', clue: /eyJ/, redact: (text) => text.replace(JWT, '[redacted:jwt]') },
  { of: 'authorization', clue: /auth/i, redact: (text) => text.replace(AUTHORIZATION, '$1[redacted:authorization]') },
  { of: 'authorization', clue: /bearer/i, redact: (text) => text.replace(BEARER, '$1[redacted:authorization]') },
  { of: 'secret', clue: SECRET_CLUE, redact: withoutSecrets },
  {
    of: 'email',
    clue: /@/,
    redact: (text) => text.replace(EMAIL, (address) => (address.endsWith('.') ? '[redacted:email].' : '[redacted:email]')),
  },
  {
    of: 'card',
    clue: /\d(?:[ -]?\d){12}/,
    redact: (text) => text.replace(CARD, (digits) => (isCard(digits) ? '[redacted:card]' : digits)),
  },
  { of: 'password', clue: /@/, redact: withoutUrlPassword }, // once more: a card number has blanks in it, its placeholder has none
]

export function createBuiltInRedactor(on: readonly BuiltIn[]): Redact {
  const steps = STEPS.filter(({ of }) => on.includes(of))
  const clues = cluesOf(steps)
  return (text) => redactBlocks(text, clues, steps)
}

/** All clues as two expressions, since one in which case does not count costs five times as much. */
function cluesOf(steps: readonly Step[]): RegExp[] {
  return ['', 'i'].flatMap((flags) => {
    const sources = new Set(steps.filter(({ clue }) => clue.flags === flags).map(({ clue }) => clue.source))
    return sources.size === 0 ? [] : [new RegExp([...sources].join('|'), flags)]
  })
}

function withoutUrlPassword(text: string): string {
  return text
    .replace(URL_PASSWORD, '$1[redacted:password]@')
    .replace(URL_TOKEN, '$1[redacted:password]@')
    .replace(ORACLE_PASSWORD, '$1[redacted:password]@')
}

function redactBlocks(text: string, clues: readonly RegExp[], steps: readonly Step[]): string {
  let from = 0
  let done = ''
  let copied = 0
  while (from < text.length) {
    const end = blockEnd(text, from)
    const block = text.slice(from, end)
    if (clues.some((clue) => clue.test(block))) {
      const clean = steps.reduce((rest, { clue, redact }) => (clue.test(rest) ? redact(rest) : rest), block)
      if (clean !== block) {
        done += text.slice(copied, from) + clean
        copied = end
      }
    }
    from = skipFrames(text, end)
  }
  return copied === 0 ? text : done + text.slice(copied)
}

/** Index of the next frame line at or after `from`, or the end. */
function blockEnd(text: string, from: number): number {
  if (text.startsWith(FRAME_START, from)) return lineEnd(text, from)
  const frame = text.indexOf(`\n${FRAME_START}`, from)
  return frame < 0 ? text.length : frame + 1
}

/** Past all lines from here that are frames: `\tat ...)`, or with the jar behind it `]`. One that ends otherwise is read as text. */
function skipFrames(text: string, from: number): number {
  let at = from
  while (text.startsWith(FRAME_START, at)) {
    const end = lineEnd(text, at)
    if (!CLOSERS.includes(text.charAt(end - (text.charCodeAt(end - 1) === 0x0a ? 2 : 1)))) return at
    at = end
  }
  return at
}

/** Index after the line break. */
function lineEnd(text: string, from: number): number {
  const newline = text.indexOf('\n', from)
  return newline < 0 ? text.length : newline + 1
}
