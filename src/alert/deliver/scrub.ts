/**
 * Takes secrets out of a text: an answer may repeat the URL, and with it the token. In: the secrets of one receiver. Out: a function that puts
 * `[secret]` for each of them, in whole or, for a URL, in part. Pure.
 */

/** Shorter parts of a URL are words such as `services`, and no secrets. */
const MIN_PART_CHARS = 10
/** What is shorter would turn every text into noise, and is no secret worth the name. */
const MIN_SECRET_CHARS = 4
const SHOWN = '[secret]'

export type Scrub = (text: string) => string

export function scrubber(secrets: readonly string[]): Scrub {
  const hidden = [...new Set(secrets.flatMap((secret) => [secret, encodeURIComponent(secret), ...partsOf(secret)]))]
    .filter((part) => part.length >= MIN_SECRET_CHARS)
    .sort((a, b) => b.length - a.length) // the whole before its parts
  return (text) => hidden.reduce((shown, part) => shown.replaceAll(part, SHOWN), text)
}

/** Of a URL: path with query, path, and what in either is long enough to be a token. */
function partsOf(secret: string): string[] {
  if (!URL.canParse(secret)) return []
  const { pathname, search, searchParams } = new URL(secret)
  const tokens = [...pathname.split('/'), ...searchParams.values()].filter((part) => part.length >= MIN_PART_CHARS)
  return [pathname + search, pathname, ...tokens].filter((part) => part.length >= MIN_PART_CHARS)
}
