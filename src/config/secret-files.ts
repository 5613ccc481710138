/**
 * Secrets that stand in files of their own: for each `<name>File` that is set, the file's content becomes the secret `<name>`.
 * The file's path is not quoted in a fault: a frequent mistake is the secret itself in its place.
 */
import { readFileSync } from 'node:fs'
import { Secret } from '../lib/secret.ts'
import { trimNewline } from './environment.ts'
import type { Fault } from './fault.ts'
import type { Given, Layer, Layered } from './layer.ts'
import { fileSettingOf, SETTINGS } from './setting.ts'
import { errorCode } from './yaml-file.ts'

export function readSecretFiles(settings: Layer): Layered {
  const layer = new Map<string, Given>()
  const faults: Fault[] = []
  for (const setting of SETTINGS) {
    const file = settings.get(fileSettingOf(setting)?.name ?? '')
    if (typeof file?.value !== 'string' || file.value === '') continue
    const direct = settings.get(setting.name)
    const fault = (expected: string, got: string): void => void faults.push({ setting: setting.name, origin: file.origin, expected, got })
    if (direct !== undefined && direct.value !== null) {
      fault(`either the secret or its file`, `both (${direct.origin} and ${file.origin})`)
      continue
    }
    const content = readSecret(file.value)
    if (content.secret !== null) layer.set(setting.name, { value: content.secret, origin: file.origin })
    else fault('a readable file that holds the secret', content.problem)
  }
  return { layer, faults }
}

export function readSecret(file: string): { secret: Secret; problem: null } | { secret: null; problem: string } {
  try {
    const text = trimNewline(readFileSync(file, 'utf8'))
    return text === '' ? { secret: null, problem: 'an empty file' } : { secret: new Secret(text), problem: null }
  } catch (error) {
    return {
      secret: null,
      problem: errorCode(error) === 'ENOENT' ? 'no such file (ENOENT)' : `a file that cannot be read (${errorCode(error)})`,
    }
  }
}
