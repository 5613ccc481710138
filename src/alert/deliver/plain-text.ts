/** A message as plain text: nothing needs escaping, because nothing in it means anything. Also the text half of an e-mail. Pure. */
import { notShownWords, type AlertText, type Message } from './message.ts'

export function plainText({ alerts, notShown }: Message): string {
  const parts = alerts.map(alertLines).map((lines) => lines.join('\n'))
  return [...parts, ...(notShown > 0 ? [notShownWords(notShown)] : [])].join('\n\n')
}

function alertLines({ state, what, culprit, facts, links }: AlertText): string[] {
  return [
    `[${state}] ${what}`,
    ...(culprit === null ? [] : [`at ${culprit}`]),
    ...facts.map(({ label, text }) => `${label}: ${text}`),
    ...links.map(({ title, url }) => `${title}: ${url}`),
  ]
}
