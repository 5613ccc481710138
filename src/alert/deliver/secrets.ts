/**
 * The secrets of the receivers, from files and environment variables: read once, when the receivers are opened. In: the receivers' settings and the
 * environment. Out: each receiver's secrets by name, and every fault at once. What a secret is never gets into a fault; nor does a file's path, for a
 * frequent mistake is the secret itself in its place.
 */
import { readFileSync } from 'node:fs'
import { trimNewline } from '../../config/environment.ts'
import type { Fault } from '../../config/fault.ts'
import { Secret } from '../../lib/secret.ts'
import { SECRETS, type ReceiverSettings, type ReceiversSettings } from './settings.ts'

export type Secrets = Readonly<Record<string, Secret>>

export interface SecretsRead {
  readonly byReceiver: ReadonlyMap<string, Secrets>
  readonly faults: readonly Fault[]
}

/** `section`: the setting that holds the receivers, for the faults. */
export function readSecrets(receivers: ReceiversSettings, env: NodeJS.ProcessEnv, section: string): SecretsRead {
  const faults: Fault[] = []
  const byReceiver = new Map(
    Object.entries(receivers).map(([name, settings]) => [name, secretsOf(settings, env, `${section}.${name}`, faults)]),
  )
  return { byReceiver, faults }
}

function secretsOf(settings: ReceiverSettings, env: NodeJS.ProcessEnv, path: string, faults: Fault[]): Secrets {
  const given = new Map(Object.entries(settings))
  const found: Record<string, Secret> = {}
  for (const { name } of SECRETS[settings.type]) {
    for (const way of [`${name}File`, `${name}Env`]) {
      const place = given.get(way)
      if (typeof place !== 'string') continue
      const { secret, problem } = way.endsWith('File') ? fromFile(place) : fromVariable(env[place])
      const setting = `${path}.${way}`
      if (secret === null)
        faults.push({
          setting,
          origin: setting,
          expected: way.endsWith('File') ? 'a readable file that holds the secret' : 'the name of a variable that is set',
          got: problem,
        })
      else if (name === 'url' && !isHttpUrl(secret))
        faults.push({ setting, origin: setting, expected: 'an http or https URL in it', got: 'something else' })
      else found[name] = secret
    }
  }
  return found
}

type Read = { readonly secret: Secret; readonly problem: '' } | { readonly secret: null; readonly problem: string }

function fromFile(file: string): Read {
  try {
    return secretIn(readFileSync(file, 'utf8'), 'an empty file')
  } catch (error) {
    return {
      secret: null,
      problem:
        error instanceof Error && 'code' in error && error.code === 'ENOENT' ? 'no such file (ENOENT)' : 'a file that cannot be read',
    }
  }
}

function fromVariable(text: string | undefined): Read {
  return secretIn(text ?? '', text === undefined ? 'a variable that is not set' : 'an empty variable')
}

function secretIn(text: string, empty: string): Read {
  const value = trimNewline(text)
  return value === '' ? { secret: null, problem: empty } : { secret: new Secret(value), problem: '' }
}

function isHttpUrl(secret: Secret): boolean {
  return URL.canParse(secret.reveal()) && /^https?:$/.test(new URL(secret.reveal()).protocol)
}
