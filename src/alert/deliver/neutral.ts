/**
 * Texts that come out of logs, made harmless for chats. The markdown of DingTalk and WeCom knows no escape that both honour, so what could mean something
 * is replaced by a letter that looks like it and means nothing:
 *
 *   < >        tags and mentions: <@all>, <at id=all>, <font ...>      ‹ ›
 *   [ ]        links and images: [here](http://...)                    ［ ］
 *   * ` ~      bold, code, struck out                                  ∗ ˋ ∼
 *   @          mentions: @all                                          @ and a word joiner
 *   http://    what a client would make a link of by itself            a word joiner before //
 *
 * Pure. Only for texts: the links that we mean are made by `markdownLink`.
 */
import type { Link } from '../alert.ts'

/** Invisible, and no place for a line break. */
const WORD_JOINER = '\u2060'
const LOOKALIKES: Readonly<Record<string, string>> = {
  '<': '‹',
  '>': '›',
  '[': '［',
  ']': '］',
  '*': '∗',
  '`': 'ˋ',
  '~': '∼',
  '@': `@${WORD_JOINER}`,
}

export function neutralMarkdown(text: string): string {
  return withoutUrls(text.replace(/[<>[\]*`~@]/g, (character) => LOOKALIKES[character]!))
}

/** For places that show text as it is, but may still make links and mentions of it. */
export function neutralPlain(text: string): string {
  return withoutUrls(text.replaceAll('@', `@${WORD_JOINER}`))
}

export function markdownLink({ title, url }: Link): string {
  return `[${neutralMarkdown(title)}](${url.replaceAll('(', '%28').replaceAll(')', '%29')})`
}

function withoutUrls(text: string): string {
  return text.replaceAll('://', `:${WORD_JOINER}//`)
}
