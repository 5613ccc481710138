/**
 * What operators asked to be skipped, as every process knows it from the control log: one entry for each branch and partition, of the newest incarnation the one that
 * goes furthest. Two may ask at once, and the log keeps the later entry alone: whoever knows of the one that goes further puts it there again.
 *
 * What must hold: an entry says "the position is at least `to`, in this incarnation". So to apply it twice, or long after, does nothing; and a topic that
 * was made anew is not skipped by what was meant for the one before.
 */
import { z } from 'zod'
import { prefixOf, putKind, type Kind, handlerOf } from '../control/kind.ts'
import type { ControlLog, Following } from '../control/control-log.ts'
import type { Logger } from '../log.ts'
import { partitionKey, type Partition } from '../source/source.ts'
import { BRANCHES, type BranchName } from '../store/position.ts'

const schema = z.object({
  branch: z.enum(BRANCHES),
  cluster: z.string(),
  topic: z.string(),
  partition: z.number().int().min(0),
  incarnation: z.number().int().min(0),
  to: z.number().int().min(0),
  atMs: z.number(),
  by: z.enum(['operator', 'lag']),
})

export type SkipRequest = Readonly<z.output<typeof schema>>

export const SKIP: Kind<SkipRequest> = { name: 'skip', version: 1, schema }

export class SkipBook {
  readonly #requests = new Map<string, SkipRequest>()
  readonly #listeners: ((request: SkipRequest) => void)[] = []
  readonly #log: Logger

  constructor(log: Logger) {
    this.#log = log
  }

  /** Resolves once everything that was asked for before is known. */
  follow(control: ControlLog): Promise<Following> {
    const onIgnored = (name: string, why: string): void => this.#log.warn({ skip: name }, `a request to skip is not understood: ${why}`)
    const onChange = (name: string, request: SkipRequest | null): void => {
      const further = this.take(name, request)
      if (further !== null)
        putSkip(control, further).catch((error: unknown) =>
          this.#log.warn(
            { skip: name, error: String(error) },
            'a request to skip was overwritten by a lesser one, and could not be put again',
          ),
        )
    }
    return control.follow([prefixOf(SKIP)], handlerOf(SKIP, { onChange, onIgnored }))
  }

  /** The request that stays in force, where this one asks for less; else null. */
  take(name: string, request: SkipRequest | null): SkipRequest | null {
    const known = this.#requests.get(name)
    if (request === null) {
      this.#requests.delete(name)
      return null
    }
    if (known !== undefined && isFurther(known, request)) return known
    this.#requests.set(name, request)
    if (known === undefined || isFurther(request, known)) for (const listener of this.#listeners) listener(request)
    return null
  }

  /** Null where nothing was asked for. */
  toOf(branch: BranchName, p: Partition, incarnation: number): number | null {
    const request = this.#requests.get(nameOf(branch, p))
    return request?.incarnation === incarnation ? request.to : null
  }

  /** Told of what is asked for from now on. */
  onRequest(listener: (request: SkipRequest) => void): void {
    this.#listeners.push(listener)
  }
}

function isFurther(a: SkipRequest, b: SkipRequest): boolean {
  return a.incarnation === b.incarnation ? a.to > b.to : a.incarnation > b.incarnation
}

export function putSkip(control: ControlLog, request: SkipRequest): Promise<void> {
  return putKind(control, SKIP, nameOf(request.branch, request), request)
}

function nameOf(branch: BranchName, { cluster, topic, partition }: Partition): string {
  return `${branch}/${partitionKey({ cluster, topic, partition })}`
}
