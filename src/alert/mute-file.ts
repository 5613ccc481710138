/**
 * The field `mute` of a rule file, checked: `{ days: [sat, sun], from: '22:00', to: '06:00', zone: Asia/Shanghai }`, `{ dates: [2026-12-24/2026-12-26] }`.
 *
 * In: what the YAML holds. Out: windows, or every fault with its field. Pure.
 */
import { z } from 'zod'
import { checkZone, WEEKDAYS, type MuteWindow } from './mute.ts'

const MAX_WINDOWS = 50
const CLOCK = /^([01]\d|2[0-3]):([0-5]\d)$/

const clock = z
  .string('expected a time such as 22:00, in quotes')
  .regex(CLOCK, 'expected a time such as 22:00, in quotes')
  .transform(minuteOf)
const zone = z.string().superRefine((name, ctx) => {
  try {
    checkZone(name)
  } catch {
    ctx.addIssue({ code: 'custom', message: 'expected a time zone such as Europe/Berlin, Asia/Shanghai or UTC' })
  }
})
const dates = z.string().transform((text, ctx) => {
  const [first = '', last = first, ...more] = text.split('/')
  if (more.length === 0 && isDate(first) && isDate(last) && first <= last) return { first, last }
  ctx.addIssue({ code: 'custom', message: 'expected a date such as 2026-12-24, or a first and a last one: 2026-12-24/2026-12-26' })
  return z.NEVER
})

export const mute = z
  .array(
    z
      .strictObject({
        days: z.array(z.enum(WEEKDAYS)).min(1).optional(),
        dates: z.array(dates).min(1).max(400).optional(),
        from: clock.default(0),
        to: clock.default(0),
        zone: zone.default('UTC'),
      })
      .refine(
        (raw) => raw.days !== undefined || raw.dates !== undefined || raw.from !== raw.to,
        'expected days, dates, or from and to: this would be always',
      )
      .transform((raw): MuteWindow => ({
        days: raw.days ?? null,
        dates: raw.dates ?? null,
        fromMinute: raw.from,
        toMinute: raw.to,
        zone: raw.zone,
      })),
  )
  .max(MAX_WINDOWS)

function minuteOf(text: string): number {
  return Number(text.slice(0, 2)) * 60 + Number(text.slice(3))
}

function isDate(text: string): boolean {
  return z.iso.date().safeParse(text).success
}
