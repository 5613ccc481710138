/** Fields that schemas of requests and answers are made of: each with its sentence and an example. */
import { z } from 'zod'

/** Longest job name, key or time text that is looked at. */
const MAX_NAME_CHARS = 4_096
export const MAX_TIME_CHARS = 64

export const text = (description: string, example: string) => z.string().meta({ description, examples: [example] })
export const orNull = (description: string, example: string) =>
  z
    .string()
    .nullable()
    .meta({ description, examples: [example] })
export const number = (description: string, example: number) => z.number().meta({ description, examples: [example] })
export const numberOrNull = (description: string, example: number) =>
  z
    .number()
    .nullable()
    .meta({ description, examples: [example] })
export const count = (description: string, example: number) =>
  z
    .number()
    .int()
    .meta({ description, examples: [example] })
export const flag = (description: string) => z.boolean().meta({ description, examples: [false] })
export const time = (description: string) => z.iso.datetime().meta({ description, examples: ['2026-03-01T12:00:00.000Z'] })
export const timeOrNull = (description: string) =>
  z.iso
    .datetime()
    .nullable()
    .meta({ description, examples: ['2026-03-01T12:00:00.000Z'] })
export const day = (description: string) => z.iso.date().meta({ description, examples: ['2026-03-01'] })
export const texts = (description: string, examples: Record<string, string>) =>
  z.record(z.string(), z.string()).meta({ description, examples: [examples] })
export const name = (description: string, example: string) =>
  z
    .string()
    .min(1)
    .max(MAX_NAME_CHARS)
    .meta({ description, examples: [example] })
export const timeText = (description: string, example: string) =>
  z
    .string()
    .min(1)
    .max(MAX_TIME_CHARS)
    .meta({ description: `${description}: ISO 8601, \`now\`, or relative to now (\`-15m\`, \`-7d\`, \`+2h\`).`, examples: [example] })
/** Of a query: a number comes as text. */
export const countText = (description: string, example: number) =>
  z.coerce
    .number()
    .int()
    .min(0)
    .meta({ description, examples: [example] })
export const limit = (standard: number, max: number, what = 'How many') =>
  z.coerce
    .number()
    .int()
    .min(1)
    .max(max)
    .default(standard)
    .meta({ description: `${what} at most; ${standard} by default, up to ${max}.`, examples: [standard] })
