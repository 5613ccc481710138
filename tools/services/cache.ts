/**
 * Keeps what was fetched or built once: a name under a root, made by `build` when it is not there.
 *
 * In: a root, a name that carries the version, a builder. Out: the path of the finished folder.
 * Invariant: a folder under its final name is complete. It is built in a temporary folder beside it and renamed at the end, so a
 * build that was cut off leaves only a `.partial-` folder, which the next builder of that name removes. A repeat is harmless.
 */
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { withLock } from './lock.ts'

export interface Keep {
  readonly root: string
  readonly name: string
  /** Builders that name the same lock run one after another, also across processes. */
  readonly lock: string
  /** Works in an empty folder and answers which folder inside it is the result. */
  build(scratch: string): Promise<string>
  onWait?(): void
}

export async function keep({ root, name, lock, build, onWait }: Keep): Promise<string> {
  const target = join(root, name)
  if (existsSync(target)) return target
  await mkdir(root, { recursive: true })
  await withLock(
    join(root, 'locks', lock),
    async () => {
      if (!existsSync(target)) await buildInto(root, name, build)
    },
    onWait,
  )
  return target
}

async function buildInto(root: string, name: string, build: Keep['build']): Promise<void> {
  const prefix = `.${name}.partial-`
  for (const entry of await readdir(root)) {
    // A Maven that outlived its killed parent may still write into it: then it goes next time.
    if (entry.startsWith(prefix)) await rm(join(root, entry), { recursive: true, force: true }).catch(() => {})
  }
  const scratch = await mkdtemp(join(root, prefix))
  try {
    await rename(await build(scratch), join(root, name))
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}
