/**
 * Follows the folders of pattern rules while the program runs (see lib/watched-files.ts).
 *
 * In: folders. Out: a whole new set of rules each time that files have changed and can all be used; else the reason, and the last good
 * set stays in force, because the caller hears nothing of the wrong one.
 */
import { yamlFilesIn } from '../lib/rule-folder.ts'
import { watchFiles, type RunningWatch, type Watch } from '../lib/watched-files.ts'
import { readPatternSet, type PatternSet } from './load.ts'

export type { RunningWatch }

export interface PatternWatch extends Pick<Watch<PatternSet>, 'inForce' | 'everyMs' | 'onChange' | 'onError' | 'wait'> {
  readonly folders: readonly string[]
}

export function watchPatterns({ folders, ...rest }: PatternWatch): RunningWatch {
  return watchFiles({
    ...rest,
    paths: folders,
    filesOf: yamlFilesIn,
    read: () => readPatternSet(folders),
    digestOf: ({ digest }) => digest,
  })
}
