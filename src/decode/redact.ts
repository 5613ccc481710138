/**
 * Text -> the same text with e-mail addresses, passwords, tokens and card numbers replaced by `[redacted:<what>]`. It comes before the
 * fingerprint, so that no title, store or dead letter holds a secret. Pure; linear in the text; redacting twice changes nothing more.
 *
 * A trick: most of a stack trace is frame lines, which hold no secret, so only the other lines are looked at, and first for a clue without
 * which no pattern can match. So clean text, which nearly all is, is scanned once and copied never. What a user's own rules add: redactor.ts.
 */
import { isCard, CARD } from './card-number.ts'
import { createBodyRedactor, type Redact } from './redact-body.ts'

/** What is redacted unless it is switched off, each named by its placeholder. */
export const BUILT_IN = ['password', 'jwt', 'authorization', 'secret', 'email', 'card'] as const
export type BuiltIn = (typeof BUILT_IN)[number]

/** `scheme://user:password@`. The last `@` before a blank or slash ends the password. */
const URL_PASSWORD = /(:\/\/[^\s/:@?#"'\\[\]]*:)[^\s/"'\\]+@/g
const JWT = /(?<![\w-])eyJ[\w-]{5,}\.[\w-]{2,}\.[\w-]*/g
/** `Authorization: Bearer xyz`, and the same without the scheme. */
const AUTHORIZATION =
  /(authorization\\*["']?\s*[=:]\s*\\*["']?(?:(?:bearer|basic|digest|negotiate|token)\s+)?)(?!(?:bearer|basic|digest|negotiate|token)\s)[^\s,;"'\\[\]]+/gi
/** A bearer token by itself has a digit in it; `Bearer authentication failed` has none. */
const BEARER = /\b(bearer\s+)(?=[^\s,;"'\\]*\d)[\w.~+/=-]{8,}/gi
/**
 * `password=x`, `"api_key": "x"`, also with the quotes escaped. What is quoted goes to the closing quote, what is not to a blank or a
 * delimiter. What is not quoted and begins with `[` is a placeholder already, as is what is quoted and nothing else.
 */
const SECRET =
  /((?:password|passwd|passphrase|pwd|secret|token|credentials?|(?:api|access|private|secret)[_-]?key)\\*["']?\s{0,4}[=:]\s{0,4})(?:(\\*["'])(?!\[redacted:[a-z-]+\]\\*["'])[^"'\\\r\n]+|(?:[^\s,;&"'\\(){}<>[\]]|\\(?![nrtu"'\\]))+)/gi
/** What hangs on an address goes with it: `a@b.com-c@d.com` would else leave the second one. Nothing in it can match in two ways. */
const EMAIL = /(?<![\w.%+-])[\w.%+-]+(?:@(?:[a-z0-9-]+\.)+[a-z]{2,}[\w.%+-]*)+/gi
const SECRET_KEY = /(?:password|passwd|passphrase|pwd|secret|token|credentials?|authorization|(?:api|access|private|secret)[._-]?key)$/i

const WHOLE_PLACEHOLDER = /^\[redacted:[a-z][a-z0-9-]*\]$/

const FRAME_START = '\tat '
const CLOSERS = ')]'

/** `clue`: without one of these none of `steps` can match. In the order in which they are taken. */
const STEPS: readonly { readonly of: BuiltIn; readonly clue: string; readonly step: Redact }[] = [
  { of: 'password', clue: '@', step: withoutUrlPassword },
  { of: 'jwt', clue: 'eyJ', step: (text) => text.replace(JWT, '[redacted:jwt]') },
  { of: 'authorization', clue: 'auth', step: (text) => text.replace(AUTHORIZATION, '$1[redacted:authorization]') },
  { of: 'authorization', clue: 'bearer', step: (text) => text.replace(BEARER, '$1[redacted:authorization]') },
  {
    of: 'secret',
    clue: 'pass|pwd|secret|token|key|credential',
    step: (text) => text.replace(SECRET, (_match, key: string, quote: string | undefined) => `${key}${quote ?? ''}[redacted:secret]`),
  },
  {
    of: 'email',
    clue: '@',
    step: (text) => text.replace(EMAIL, (address) => (address.endsWith('.') ? '[redacted:email].' : '[redacted:email]')),
  },
  {
    of: 'card',
    clue: `\\d${'[ -]?\\d'.repeat(12)}`,
    step: (text) => text.replace(CARD, (digits) => (isCard(digits) ? '[redacted:card]' : digits)),
  },
  { of: 'password', clue: '@', step: withoutUrlPassword }, // once more: a card number has blanks in it, its placeholder has none
]

export const redact: Redact = createBuiltInRedactor(BUILT_IN)

export function createBuiltInRedactor(on: readonly BuiltIn[]): Redact {
  const taken = STEPS.filter(({ of }) => on.includes(of))
  if (taken.length === 0) return (text) => text
  const clue = new RegExp([...new Set(taken.map((one) => one.clue))].join('|'), 'i')
  const steps = taken.map(({ step }) => step)
  return (text) => redactBlocks(text, clue, steps)
}

/** The value of a key, such as a context key: by the key's name, or by what it holds. */
export function redactValue(key: string, value: string): string {
  return hidesSecret(key, value) ? '[redacted:secret]' : redact(value)
}

/** True where the key's name says that its value is a secret. A placeholder says more. */
export function hidesSecret(key: string, value: string): boolean {
  return SECRET_KEY.test(key) && !WHOLE_PLACEHOLDER.test(value)
}

/** Raw bytes of any kind: JSON stays JSON. */
export const redactBytes: (bytes: Buffer) => Buffer = createBodyRedactor({ redact, redactValue })

function withoutUrlPassword(text: string): string {
  return text.replace(URL_PASSWORD, '$1[redacted:password]@')
}

function redactBlocks(text: string, clue: RegExp, steps: readonly Redact[]): string {
  let from = 0
  let done = ''
  let copied = 0
  while (from < text.length) {
    const end = blockEnd(text, from)
    const block = text.slice(from, end)
    if (clue.test(block)) {
      const clean = steps.reduce((rest, step) => step(rest), block)
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
