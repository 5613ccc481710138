/**
 * All that decides where an event goes, made from the settings and the files that they name, in one place: decoding, redaction, filter, job chain,
 * fingerprint, category; and the digest of it, which is committed beside every offset, so that a successor with other rules knows that it must open a
 * new block.
 */
import { createAnalyser, type Analyse } from '../classify/analyse.ts'
import { loadPatterns, type PatternSet } from '../classify/load.ts'
import type { Settings } from '../config/schema.ts'
import { createDecoder, type Decoder } from '../decode/decode.ts'
import { createRedactor, type Redactor } from '../decode/redactor.ts'
import { loadRedactionRules, redactionDigest, type RedactionRules } from '../decode/redaction-file.ts'
import { createFilter, type Filter } from '../filter/filter.ts'
import { filterDigest, loadFilterRules } from '../filter/load.ts'
import type { FilterRules } from '../filter/rule-file.ts'
import { rulesDigest, type FingerprintRules } from '../fingerprint/fingerprint.ts'
import { createOwnership } from '../fingerprint/algorithms.ts'
import { ownPackagesOf } from '../fingerprint/rules.ts'
import { loadFingerprintRules } from '../fingerprint/load.ts'
import { jsonDigest } from '../lib/json-digest.ts'
import { createJobResolver, type JobResolver } from '../job.ts'

/** Raised whenever decoding, redaction or the limits decide otherwise than before for the same bytes. */
const INTAKE_VERSION = 2

/** What the operator's files say. Those of the patterns are not among them: they decide no key and no count. */
export interface RuleSets {
  readonly filter: FilterRules
  readonly redaction: RedactionRules
  readonly fingerprint: FingerprintRules
}

/** What a stream goes by. */
export interface StreamRules {
  readonly decode: Decoder
  readonly redactor: Redactor
  readonly filter: Filter
  readonly resolveJob: JobResolver
  readonly analyse: Analyse
  /** Event time from which the fingerprint by the rules before is not told any more; null: it always is, where there is one. */
  readonly previousUntilMs: number | null
  readonly digest: string
}

export interface Rules extends StreamRules {
  /** Swaps the pattern rules whole, between two events. The digest stays. */
  usePatterns(rules: PatternSet): void
  /** Whether a class is of the jobs' own code. */
  isOwn(className: string): boolean
}

/** Throws `config_invalid` with all faults of the first file that has any. */
export function loadRuleSets({ filter, redaction, fingerprint }: Settings): RuleSets {
  return {
    filter: loadFilterRules(filter.rulesFile),
    redaction: loadRedactionRules(redaction.rulesFile),
    fingerprint: loadFingerprintRules(fingerprint),
  }
}

export function ruleFiles({ filter, redaction, fingerprint }: Settings): string[] {
  return [filter.rulesFile, redaction.rulesFile, fingerprint.rulesFile, fingerprint.previousRulesFile].filter((file) => file !== null)
}

export function digestOf({ filter, redaction, fingerprint }: RuleSets): Record<keyof RuleSets, string> {
  return { filter: filterDigest(filter), redaction: redactionDigest(redaction), fingerprint: rulesDigest(fingerprint) }
}

export function createRules(
  settings: Settings,
  sets: RuleSets = loadRuleSets(settings),
  patterns: PatternSet = loadPatterns(settings.patterns.folder),
): Rules {
  const { limits, job, filter, time, blockSize, maxGroupsPerJob, maxGroupsPerBlock } = settings
  const { minLevel, minLevelWithThrowable } = filter
  const decisive = {
    INTAKE_VERSION,
    limits,
    job,
    filter: { minLevel, minLevelWithThrowable },
    time,
    blockSize,
    maxGroupsPerJob,
    maxGroupsPerBlock,
    sets: digestOf(sets),
  }
  const ownership = createOwnership(ownPackagesOf(sets.fingerprint))
  const analyse = createAnalyser({ fingerprint: sets.fingerprint, patterns })
  return {
    decode: createDecoder(limits, { knownTraces: settings.knownTraces }),
    redactor: createRedactor(sets.redaction),
    filter: createFilter(sets.filter, filter),
    resolveJob: createJobResolver(job),
    analyse,
    previousUntilMs: sets.fingerprint.previousUntilMs ?? null,
    digest: jsonDigest(decisive),
    usePatterns: (rules) => analyse.use(rules),
    isOwn: (className) => ownership.ownerOf(className) === 'own',
  }
}

/**
 * The rules that one stream goes by. It alone changes them, where nothing that it has folded waits for a commit, so that no block is counted by two
 * sets (see `changeRules` in stream.ts); its intake and its stores read them here.
 */
export class RulesInForce {
  #rules: StreamRules

  constructor(rules: StreamRules) {
    this.#rules = rules
  }

  use(rules: StreamRules): void {
    this.#rules = rules
  }

  get now(): StreamRules {
    return this.#rules
  }

  get digest(): string {
    return this.#rules.digest
  }
}
