/**
 * All that decides where an event goes, made from the settings in one place: job chain, fingerprint, category; and the digest of it, which is
 * committed beside every offset, so that a successor with other rules knows that it must open a new block.
 */
import { createHash } from 'node:crypto'
import { createAnalyser } from './classify/analyse.ts'
import { loadRules, type RuleSet } from './classify/load.ts'
import type { Settings } from './config/schema.ts'
import { createDecoder, type Decoder } from './decode/decode.ts'
import { rulesDigest } from './fingerprint/fingerprint.ts'
import { loadFingerprintRules } from './fingerprint/load.ts'
import type { Analyse } from './intake.ts'
import { createJobResolver, type JobResolver } from './job.ts'

/** Raised whenever decoding, redaction or the limits decide otherwise than before for the same bytes. */
const INTAKE_VERSION = 1

export interface Rules {
  readonly decode: Decoder
  readonly analyse: Analyse
  readonly resolveJob: JobResolver
  readonly digest: string
  /** The pattern rules that are in force from the start, and the way to swap them whole. They decide no key, so the digest stays. */
  readonly patterns: RuleSet
  usePatterns(rules: RuleSet): void
}

export function createRules(settings: Settings): Rules {
  const { limits, job, filter, time, blockSize, maxGroupsPerJob, maxGroupsPerBlock, patterns } = settings
  const fingerprint = loadFingerprintRules(settings.fingerprint)
  const ruleSet = loadRules(patterns.folder)
  const analyse = createAnalyser({ fingerprint, patterns: ruleSet })
  const decisive = { INTAKE_VERSION, limits, job, filter, time, blockSize, maxGroupsPerJob, maxGroupsPerBlock, fingerprint: rulesDigest(fingerprint) }
  const digest = createHash('sha256').update(JSON.stringify(decisive)).digest('hex').slice(0, 16)
  return { analyse, resolveJob: createJobResolver(job), digest, decode: createDecoder(limits, { knownTraces: settings.knownTraces }), patterns: ruleSet, usePatterns: (rules) => analyse.use(rules) }
}
