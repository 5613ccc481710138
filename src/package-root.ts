/** The package's own folder, which lies above this file at different heights as source and as built: `samples` and `patterns` are found from it. */
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Throws where there is no package.json above. */
export function packageFolder(name: 'samples' | 'patterns'): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, 'package.json'))) {
    const parent = dirname(folder)
    if (parent === folder) throw new Error('the installation is incomplete: no package.json above the program')
    folder = parent
  }
  return join(folder, name)
}
