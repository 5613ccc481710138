/** All rules of patterns/, and what a rule must be like. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createAnalyser } from '../../../src/classify/analyse.ts'
import { checkExamples } from '../../../src/classify/check.ts'
import { hostileLines } from '../../../src/classify/hostile.ts'
import { builtInFolder, familyOf, loadPatterns } from '../../../src/classify/load.ts'
import { createClassifier } from '../../../src/classify/match.ts'
import { patternsPage } from '../../../src/classify/page.ts'
import { MAX_MATCHED_CHARS } from '../../../src/match/regex-cost.ts'
import { anEvent } from '../../support/builders.ts'
import { eventOf, sample } from '../decode/samples.ts'

const all = loadPatterns()
const readme = readFileSync(join(builtInFolder(), 'README.md'), 'utf8')
const page = readFileSync(join(builtInFolder(), '..', 'docs', 'patterns.md'), 'utf8')
const report = checkExamples(all, () => true)

describe('the built-in rules', () => {
  it('are at least sixty, each with an id of its own', () => {
    expect(all.rules.length).toBeGreaterThanOrEqual(60)
    expect(new Set(all.rules.map((rule) => rule.id)).size).toBe(all.rules.length)
  })

  it('stand in the order of priority, then id', () => {
    const order = all.rules.map((rule) => `${String(rule.priority).padStart(4, '0')} ${rule.id}`)
    expect(order).toEqual(order.toSorted())
  })

  it('take their categories from the list that patterns/README.md has', () => {
    const listed = [...readme.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, category]) => category)
    expect([...new Set(all.rules.map((rule) => rule.classification.category))].sort()).toEqual(
      listed.filter((word) => !['exception', 'message', 'logger', 'frame'].includes(word ?? '')).sort(),
    )
  })

  it('are described on a page that equals what the rules say', () => expect(page).toBe(patternsPage(all)))
})

describe.each(all.rules)('$id', (rule) => {
  it('says what to do, names its priority, and links to its own heading', () => {
    expect(rule.classification.advice).not.toBeNull()
    expect(readFileSync(rule.file, 'utf8')).toMatch(/^priority: /m)
    expect(page).toContain(`\n### ${rule.classification.link?.replace('docs/patterns.md#', '')}\n`)
    expect(familyOf(rule)).toMatch(/^[a-z]+$/)
  })

  it('matches its examples, no other rule steals one, and what it must not match it does not', () => {
    expect(report.failures.filter((failure) => failure.rule === rule.id)).toEqual([])
  })

  it('can be looked up by a class or words, so that it costs nothing where these are not', () => {
    expect((rule.exception ?? { parts: rule.message?.needles }).parts?.length).toBeGreaterThan(0)
  })
})

describe('lines made to be slow', () => {
  it('are as long as what rules are tried on, for each rule with words', () => {
    for (const rule of all.rules) for (const line of hostileLines(rule)) expect(line.length).toBe(MAX_MATCHED_CHARS)
  })

  // Without the index, a rule against its own lines. No clock decides: an expression with nested repeats would not come back at all.
  it('are answered by the rule that they are made for', () => {
    const answers = all.rules.flatMap((rule) => hostileLines(rule).map((line) => rule.message?.test(line)))
    expect(answers.length).toBeGreaterThan(all.rules.length)
    expect(answers).not.toContain(undefined)
  })

  it('are tried on their first 2,048 characters only', () => {
    let longest = 0
    const test = (text: string) => {
      longest = Math.max(longest, text.length)
      return false
    }
    const rule = { ...all.rules[0]!, exception: null, message: { test, needles: null }, logger: null, frame: null }
    const message = 'x'.repeat(1_000_000)
    const throwable = { type: 'a.E', message, frames: [], cause: null, suppressed: [] }
    const subject = { throwable, truncated: false, logger: null, message: '', messageTemplate: null }
    expect(createClassifier({ rules: [rule] })(subject)(message)).toBeNull()
    expect(longest).toBe(MAX_MATCHED_CHARS)
  })
})

describe('messages of a business that hold tempting words', () => {
  const analyse = createAnalyser({ fingerprint: { ownPackages: [] }, patterns: all })
  it.each([
    'order 4711 was cancelled: out of stock',
    'CANCELLED: order 4711',
    'UNIMPLEMENTED: discount of type 7',
    'stock of item 4711 is exhausted, slow down the campaign',
    'container 17 left the port with status: 143',
    'article FLORA-010001 is sold out',
    'parcel 4711 is lost, its container was released on another node of the route',
    'invalid input syntax for type of goods',
    'payment ended with return code 2 from the bank',
    'guest has no table: NoSuchTableException is what the kitchen calls it',
    'conflict of two bookings detected! give up one of them',
    'the lock of room 12 cannot be acquired',
    'price 503 Euro of item 404 does not have storage costs',
    'the option shipping is not supported by default',
    'transaction 17 was aborted by the customer',
  ])('%s', (message) => {
    const thrown = {
      form: 'text',
      type: null,
      message: null,
      text: `com.acme.shop.OrderException: ${message}\n\tat com.acme.shop.Orders.check(Orders.java:42)`,
    } as const
    const events = [anEvent({ message, throwable: null }), anEvent({ message: 'failed', throwable: thrown })]
    expect(events.map((event) => analyse(event).classification?.rule)).toEqual([undefined, undefined])
  })
})

describe('errors of a log that abbreviates class names', () => {
  it('have the categories that they have elsewhere', () => {
    const analyse = createAnalyser({ fingerprint: { ownPackages: [] }, patterns: all })
    const line = sample('layouts/logback-LogstashEncoder-rootCauseFirst-hash.ndjson').toString()
    const other = line.replaceAll('j.n.ConnectException', 'o.a.k.c.e.UnsupportedVersionException')
    expect([line, other].map((one) => analyse(eventOf(Buffer.from(one))).classification?.rule)).toEqual([
      'connection-refused',
      'kafka-version',
    ])
  })
})
