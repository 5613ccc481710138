/** A message in the little markdown that DingTalk and WeCom share: bold, links, line breaks. Every text is made harmless first (neutral.ts). Pure. */
import { notShownWords, type AlertText, type Message } from './message.ts'
import { markdownLink, neutralMarkdown } from './neutral.ts'

/** `lineBreak`: WeCom breaks a line at `\n`, DingTalk at an empty line only. */
export function markdown({ alerts, notShown }: Message, lineBreak: '\n' | '\n\n'): string {
  const parts = alerts.map((alert) => alertLines(alert).join(lineBreak))
  return [...parts, ...(notShown > 0 ? [notShownWords(notShown)] : [])].join(lineBreak === '\n' ? '\n\n' : '\n\n---\n\n')
}

function alertLines({ state, what, culprit, facts, links }: AlertText): string[] {
  return [
    `**${state}: ${neutralMarkdown(what)}**`,
    ...(culprit === null ? [] : [`at ${neutralMarkdown(culprit)}`]),
    ...facts.map(({ label, text }) => `**${neutralMarkdown(label)}**: ${neutralMarkdown(text)}`),
    ...(links.length === 0 ? [] : [links.map(markdownLink).join(' | ')]),
  ]
}
