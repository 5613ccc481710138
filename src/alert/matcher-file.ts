/**
 * The fields that name things in a rule file: one glob or a list of them, `*` for anything. Regular expressions are not taken: a glob is linear in the text,
 * and what it names can be seen.
 *
 * In: what the YAML holds. Out: lists of globs. Pure.
 */
import { z } from 'zod'
import { SEVERITIES } from './alert.ts'
import type { Matcher } from './rule.ts'

const MAX_GLOBS = 200
const MAX_CHARS = 300

const glob = z
  .string('expected a text, in quotes where YAML would take it for something else')
  .min(1)
  .max(MAX_CHARS)
  .refine((text) => !/^\/.+\/$/.test(text), 'expected a glob, in which * stands for anything; regular expressions are not taken')

export const globs = listOf(glob)

const className = glob
  .regex(/^[\p{L}\p{N}_$.*-]+$/u, 'expected an exception class, in which * stands for anything')
  .transform((name) => name.replaceAll('$', '.'))

export const matcher = z
  .strictObject({
    job: globs.optional(),
    environment: globs.optional(),
    error: listOf(className).optional(),
    category: globs.optional(),
    severity: listOf(z.enum(SEVERITIES)).optional(),
    fingerprint: globs.optional(),
  })
  .transform(({ job, environment, error, category, severity, fingerprint }): Matcher => ({
    job: job ?? null,
    environment: environment ?? null,
    error: error ?? null,
    category: category ?? null,
    severity: severity ?? null,
    fingerprint: fingerprint ?? null,
  }))

/** One or several: YAML may leave out the brackets. A list's faults are told by its entries. */
function listOf<T extends z.ZodType<string>>(item: T) {
  return z.preprocess((raw) => (Array.isArray(raw) ? raw : [raw]), z.array(item).min(1).max(MAX_GLOBS))
}
