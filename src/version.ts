/** The version in package.json, which lies above this file at different heights as source and as built. */
import { readFileSync } from 'node:fs'
import { z } from 'zod'

const manifest = z.object({ name: z.literal('tracefold'), version: z.string() })

export function readVersion(from: URL = new URL('.', import.meta.url)): string {
  const found = manifest.safeParse(readJson(new URL('package.json', from)))
  if (found.success) return found.data.version
  const parent = new URL('..', from)
  return parent.href === from.href ? 'unknown' : readVersion(parent)
}

function readJson(url: URL): unknown {
  try {
    return JSON.parse(readFileSync(url, 'utf8'))
  } catch {
    return null
  }
}
