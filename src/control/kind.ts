/**
 * Kinds of control entries: the prefix of their keys, the version of their values, and a zod schema of these. Between a kind and the log values are
 * checked once, in both directions.
 *
 * What is not understood (a newer version's value, one that somebody wrote by hand) is left in the log and ignored: what was last understood stays in
 * force. A version is raised where an older program could not live with the value; a field that may be missing needs none.
 */
import type { z } from 'zod'
import { TracefoldError } from '../errors.ts'
import type { ControlEntry, ControlLog, Following } from './control-log.ts'

export interface Kind<T> {
  /** `rule`: its keys are `rule/<name>`. */
  readonly name: string
  readonly version: number
  readonly schema: z.ZodType<T>
}

export interface KindHandler<T> {
  /** Null where it is deleted. */
  readonly onChange: (name: string, value: T | null) => void
  /** Told of what is not understood, in words. */
  readonly onIgnored: (name: string, why: string) => void
}

/** One kind as a handler of entries, for a `follow` of several kinds. Entries of other kinds are not its business. */
export function handlerOf<T>(kind: Kind<T>, { onChange, onIgnored }: KindHandler<T>): (entry: ControlEntry) => void {
  const prefix = prefixOf(kind)
  return ({ key, value }) => {
    if (!key.startsWith(prefix)) return
    const name = key.slice(prefix.length)
    if (value === null) return onChange(name, null)
    const { v, ...rest } = value
    if (v !== kind.version) return onIgnored(name, `version ${v} of ${kind.name}; this program knows version ${kind.version}`)
    const parsed = kind.schema.safeParse(rest)
    if (parsed.success) onChange(name, parsed.data)
    else onIgnored(name, faultsOf(parsed.error))
  }
}

export function followKind<T>(log: ControlLog, kind: Kind<T>, handler: KindHandler<T>): Promise<Following> {
  return log.follow([prefixOf(kind)], handlerOf(kind, handler))
}

/** Throws `bad_request` where the value is not what the kind's schema asks for. */
export async function putKind<T>(log: ControlLog, kind: Kind<T>, name: string, value: T | null): Promise<void> {
  const key = `${prefixOf(kind)}${name}`
  if (value === null) return log.put(key, null)
  const parsed = kind.schema.safeParse(value)
  if (!parsed.success) throw new TracefoldError('bad_request', `${key}: ${faultsOf(parsed.error)}`)
  await log.put(key, { ...parsed.data, v: kind.version })
}

export function prefixOf({ name }: Pick<Kind<unknown>, 'name'>): string {
  return `${name}/`
}

function faultsOf(error: z.ZodError): string {
  return error.issues.map(({ path, message }) => (path.length === 0 ? message : `${path.join('.')}: ${message}`)).join('; ')
}
