/**
 * Settings that contradict each other, and the rules of a login, of SASL and of TLS files, which hold wherever a section of that form stands: in
 * `elasticsearch`, `kafka`, or one of `kafka.moreClusters`. Sections that are valid setting by setting go in, with the path that they stand at. Pure.
 */

export interface Conflict {
  /** The settings it speaks of; the first is the one to look at. */
  readonly settings: readonly [string, ...string[]]
  readonly expected: string
  readonly got: string
}

interface Sasl {
  readonly mechanism: string
  readonly username: string | null
  readonly tokenUrl: string | null
}

interface TlsFiles {
  readonly enabled: boolean
  readonly caFile: string | null
  readonly certFile: string | null
  readonly keyFile: string | null
}

/** Both or neither. */
export function pairConflicts(section: string, values: Readonly<Record<string, unknown>>): Conflict[] {
  const missing = Object.keys(values).find((name) => values[name] === null)
  const given = Object.keys(values).find((name) => values[name] !== null)
  if (missing === undefined || given === undefined) return []
  return [{ settings: [`${section}.${given}`, `${section}.${missing}`], expected: `${section}.${missing} beside it`, got: 'none' }]
}

/** `secret`: what the password is given by, and whether it is. */
export function saslConflicts(
  section: string,
  { mechanism, username, tokenUrl }: Sasl,
  secret: Readonly<Record<string, unknown>>,
): Conflict[] {
  const at = (name: string): string => `${section}.${name}`
  const login = { username, ...secret }
  const names = Object.keys(login).map(at)
  const isGiven = Object.values(login).some((value) => value !== null)
  if (mechanism === 'none')
    return isGiven
      ? [{ settings: [at('mechanism'), ...names], expected: 'a mechanism, since a user name or password is set', got: 'none' }]
      : []
  const neither: Conflict = { settings: [at('mechanism'), ...names], expected: `${names.join(' and ')} for ${mechanism}`, got: 'neither' }
  const noToken: Conflict = { settings: [at('mechanism'), at('tokenUrl')], expected: `${at('tokenUrl')} for oauthbearer`, got: 'none' }
  return [...(isGiven ? pairConflicts(section, login) : [neither]), ...(mechanism === 'oauthbearer' && tokenUrl === null ? [noToken] : [])]
}

export function certificateConflicts(section: string, { certFile, keyFile }: TlsFiles): Conflict[] {
  return pairConflicts(section, { certFile, keyFile })
}

/** Nobody who sets up TLS wants to find out later that it was off. */
export function tlsOffConflicts(section: string, tls: TlsFiles): Conflict[] {
  return (['caFile', 'certFile', 'keyFile'] as const)
    .filter((file) => tls[file] !== null && !tls.enabled)
    .map((file) => ({
      settings: [`${section}.${file}`, `${section}.enabled`],
      expected: `${section}.enabled: true beside it`,
      got: 'false',
    }))
}
