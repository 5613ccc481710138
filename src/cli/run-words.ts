/** What `tracefold run` says to people: where it runs, which files had nothing new, and what was done. Pure. */
import { basename } from 'node:path'
import type { Settings } from '../config/schema.ts'
import type { FileProgress } from '../source/file.ts'
import type { Tally } from '../stream/tally.ts'

/** Names said in one line. */
const NAMED = 3

/** `app.log was read before, …`: why nothing was counted of files that were there. A line each. */
export function nothingNewLines({ readBefore, empty }: Pick<FileProgress, 'readBefore' | 'empty'>): string {
  const before = `read before, and nothing was added since: --again counts ${readBefore.length === 1 ? 'it' : 'them'} again`
  return [saidOf(readBefore, before), saidOf(empty, 'empty')].join('')
}

function saidOf(paths: readonly string[], what: string): string {
  if (paths.length === 0) return ''
  const named = paths.slice(0, NAMED).map((path) => basename(path))
  const more = paths.length - named.length
  return `${named.join(', ')}${more > 0 ? ` and ${more} more` : ''} ${paths.length === 1 ? 'was' : 'were'} ${what}\n`
}

/** `600 events counted, from … to …; 3 filtered, 0 dead letters` */
export function tallyWords({ counted, filtered, dead, firstMs, lastMs }: Tally): string {
  const range = firstMs === null || lastMs === null ? '' : `, from ${new Date(firstMs).toISOString()} to ${new Date(lastMs).toISOString()}`
  return `${plural(counted, 'event')} counted${range}; ${filtered} filtered, ${plural(dead, 'dead letter')}`
}

function plural(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`
}

export interface Welcome {
  readonly url: string
  readonly settings: Settings
  readonly isSample: boolean
  /** Files or a pipe: no need to recommend them. */
  readonly hasFiles: boolean
  readonly isPiped: boolean
}

export function welcome({ url, settings, isSample, hasFiles, isPiped }: Welcome): string {
  if (settings.mode === 'cluster') return `Tracefold runs: ${url} (API: ${url}docs)\n`
  const stored = `The data is kept in ${settings.embedded.path}; remove that folder to begin anew.`
  return [
    '',
    `  Tracefold runs: ${url}`,
    isSample ? '  It shows the bundled sample: real Log4j output of made-up jobs, as if it were happening now.' : '',
    '',
    '  Try next, while it runs:',
    `    your own log        curl --data-binary @app.log -H 'content-type: application/x-ndjson' ${url}api/v1/events`,
    `    what can be asked   ${url}docs`,
    '  and after Ctrl-C:',
    ...(hasFiles ? [] : ['    follow log files    npx tracefold run app.log other-*.log']),
    ...(isPiped ? [] : ['    a pipe              kubectl logs -f my-job | npx tracefold run -']),
    '    on the terminal     npx tracefold top --from -1h',
    '',
    `  ${stored}`,
    '',
  ]
    .filter((line, i, lines) => line !== '' || lines[i - 1] !== '')
    .join('\n')
}
