/**
 * What people decide about alerts, in the control log: rules of the API, silences, acknowledgements, and what they do to groups. Every process
 * follows it, so each knows all of it, whichever took the request.
 *
 * Delivery: a decision is durable when its promise resolves, and comes back here like everybody's.
 */
import { z } from 'zod'
import type { ControlLog, Following } from '../../control/control-log.ts'
import { handlerOf, prefixOf, putKind, type Kind } from '../../control/kind.ts'
import type { Match } from '../deliver/policy.ts'
import type { Acknowledgement } from '../hush.ts'
import type { Silence } from '../silence.ts'
import type { GroupDecision } from './groups.ts'
import { groupHash } from './saved.ts'

export interface ApiRule {
  readonly text: string
  readonly who: string
  readonly atMs: number
  readonly comment: string | null
}

const match: z.ZodType<Match> = z.record(z.string(), z.union([z.string(), z.array(z.string()).readonly()]))
const by = { who: z.string(), atMs: z.number() }
const comment = z.string().nullable()
const action = z.union([
  z.object({ kind: z.enum(['resolve', 'reopen', 'unmute']) }),
  z.object({ kind: z.literal('mute'), untilMs: z.number().nullable(), untilCount: z.number().nullable() }),
])

const RULE: Kind<ApiRule> = { name: 'alert-rule', version: 1, schema: z.object({ text: z.string(), ...by, comment }) }
const SILENCE: Kind<Silence> = {
  name: 'silence',
  version: 1,
  schema: z.object({
    version: z.literal(1),
    id: z.string(),
    match,
    fromMs: z.number(),
    untilMs: z.number(),
    who: z.string(),
    comment: z.string(),
  }),
}
const ACKNOWLEDGEMENT: Kind<Acknowledgement> = {
  name: 'acknowledgement',
  version: 1,
  schema: z.object({ version: z.literal(1), key: z.string(), startsAtMs: z.number(), ...by, comment }),
}
const GROUP: Kind<GroupDecision> = {
  name: 'group-decision',
  version: 1,
  schema: z.object({ job: z.string(), fingerprint: z.string(), action, by: z.object({ ...by, comment: comment.exactOptional() }) }),
}

export interface DecisionsHandler {
  onRules(): void
  onGroup(key: string, decision: GroupDecision | null): void
  /** Silences or acknowledgements. */
  onSuppression(): void
  onIgnored(what: string, why: string): void
}

export class Decisions {
  readonly #log: ControlLog
  readonly #rules = new Map<string, ApiRule>()
  readonly #silences = new Map<string, Silence>()
  readonly #acknowledgements = new Map<string, Acknowledgement>()
  #following: Following | null = null

  constructor(log: ControlLog) {
    this.#log = log
  }

  get rules(): ReadonlyMap<string, ApiRule> {
    return this.#rules
  }

  get silences(): readonly Silence[] {
    return [...this.#silences.values()]
  }

  get acknowledgements(): readonly Acknowledgement[] {
    return [...this.#acknowledgements.values()]
  }

  acknowledgement(key: string): Acknowledgement | null {
    return this.#acknowledgements.get(key) ?? null
  }

  /** Resolves once all that was there has been told. */
  async follow(handler: DecisionsHandler): Promise<void> {
    const keep =
      <T>(map: Map<string, T>, then: () => void) =>
      (name: string, value: T | null): void => {
        if (value === null) map.delete(name)
        else map.set(name, value)
        then()
      }
    const ignored =
      ({ name: kind }: Pick<Kind<unknown>, 'name'>) =>
      (name: string, why: string): void =>
        handler.onIgnored(`${kind} ${name}`, why)
    const handlers = [
      handlerOf(RULE, { onChange: keep(this.#rules, () => handler.onRules()), onIgnored: ignored(RULE) }),
      handlerOf(SILENCE, { onChange: keep(this.#silences, () => handler.onSuppression()), onIgnored: ignored(SILENCE) }),
      handlerOf(ACKNOWLEDGEMENT, {
        onChange: keep(this.#acknowledgements, () => handler.onSuppression()),
        onIgnored: ignored(ACKNOWLEDGEMENT),
      }),
      handlerOf(GROUP, { onChange: (name, decision) => handler.onGroup(`group/${name}`, decision), onIgnored: ignored(GROUP) }),
    ]
    this.#following = await this.#log.follow([RULE, SILENCE, ACKNOWLEDGEMENT, GROUP].map(prefixOf), (entry) =>
      handlers.forEach((handle) => handle(entry)),
    )
  }

  putRule(id: string, rule: ApiRule | null): Promise<void> {
    return putKind(this.#log, RULE, id, rule)
  }

  putSilence(id: string, silence: Silence | null): Promise<void> {
    return putKind(this.#log, SILENCE, id, silence)
  }

  putAcknowledgement(key: string, acknowledgement: Acknowledgement | null): Promise<void> {
    return putKind(this.#log, ACKNOWLEDGEMENT, key, acknowledgement)
  }

  putGroup(decision: GroupDecision): Promise<void> {
    return putKind(this.#log, GROUP, groupHash(decision.job, decision.fingerprint), decision)
  }

  /** `key`: a group's record key. */
  dropGroup(key: string): Promise<void> {
    return putKind(this.#log, GROUP, key.slice('group/'.length), null)
  }

  async stop(): Promise<void> {
    await this.#following?.stop()
  }
}
