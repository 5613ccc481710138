import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { ErrorEvent, Grouping } from '../../../src/event.ts'
import { createFingerprinter, rulesDigest } from '../../../src/fingerprint/fingerprint.ts'
import { readOverrides, type Overrides } from '../../../src/fingerprint/override-file.ts'
import { anEvent } from '../../support/builders.ts'
import { eventOf } from '../decode/samples.ts'

function overrides(yaml: string): Overrides {
  const read = readOverrides(yaml)
  if ('faults' in read) throw new Error(JSON.stringify(read.faults))
  return read.value
}

function rule(...lines: string[]): Overrides {
  return overrides(`rules:\n${lines.map((line) => `  - ${line}\n`).join('')}`)
}

function group(rules: Overrides, text: string | null, over: Partial<ErrorEvent> = {}, job: string | null = null): Grouping {
  const throwable = text === null ? null : ({ form: 'text', type: null, message: null, text } as const)
  return createFingerprinter({ ownPackages: [], overrides: rules })(anEvent({ throwable, context: new Map(), ...over }), job)
}

const NONE = overrides('')
const at = (...frames: string[]) => frames.map((frame) => `\n\tat com.acme.${frame}(A.java:1)`).join('')
const WRAPPED = `com.acme.StepException: step 1${at('Step.run')}\nCaused by: java.lang.IllegalStateException: no lines${at('Orders.check')}`

describe('a rule for frames', () => {
  const text = `a.E: x${at('Aspect.around', 'Orders.check', 'Loop.run', 'Main.main')}`

  it.each<[string, string, string]>([
    ['drop', 'Aspect.*', 'Orders.check:1'],
    ['library', 'Aspect.around', 'Orders.check:1'],
    ['skip_top', 'Aspect', 'Orders.check:1'],
    ['border_up', 'Orders.check', 'Orders.check:1'],
  ])('%s moves the site, and is cited', (as, frame, culprit) => {
    const found = group(rule(`{ id: aspects, frame: com.acme.${frame}, as: ${as} }`), text)
    expect(found.culprit).toBe(culprit)
    expect(found.why).toMatch(/; rule aspects$/)
  })

  it('own beats the list of libraries', () => {
    const library = 'a.E: x\n\tat io.netty.Fork.run(Fork.java:1)\n\tat com.acme.Main.main(Main.java:2)'
    expect(group(NONE, library).culprit).toBe('Main.main:2')
    expect(group(rule('{ id: fork, frame: io.netty.Fork.*, as: own }'), library).culprit).toBe('Fork.run:1')
  })

  it('is not needed where the file lists own packages', () => {
    const library = 'a.E: x\n\tat io.netty.Fork.run(Fork.java:1)\n\tat com.acme.Main.main(Main.java:2)'
    expect(group(overrides('ownPackages: [io.netty]'), library).culprit).toBe('Fork.run:1')
  })

  it('border_down leaves out who called', () => {
    const rules = rule('{ id: loop, frame: com.acme.Loop.run, as: border_down }')
    expect(group(rules, text).fpStack).toBe(group(rules, text.replace('Main.main', 'Other.main')).fpStack)
    expect(group(NONE, text).fpStack).not.toBe(group(NONE, text.replace('Main.main', 'Other.main')).fpStack)
  })

  it('of two the first wins', () => {
    const rules = rule('{ id: first, frame: com.acme.Aspect.*, as: own }', '{ id: second, frame: com.acme.*, as: drop }')
    expect(group(rules, text).culprit).toBe('Aspect.around:1')
  })
})

describe('a rule for types', () => {
  it('wrapper leaves the wrapper out of the fine key', () => {
    const bare = WRAPPED.slice(WRAPPED.indexOf('java.lang'))
    expect(group(rule('{ id: steps, type: StepException, as: wrapper }'), WRAPPED).fpStack).toBe(group(NONE, bare).fpStack)
    expect(group(NONE, WRAPPED).fpStack).not.toBe(group(NONE, bare).fpStack)
  })

  it('keep_wrapper puts type and site of the wrapper into the key', () => {
    const rules = rule('{ id: steps, type: com.acme.StepException, as: keep_wrapper }')
    const other = WRAPPED.replace('Step.run', 'Step.retry')
    expect(group(rules, WRAPPED).fp).not.toBe(group(rules, other).fp)
    expect(group(NONE, WRAPPED).fp).toBe(group(NONE, other).fp)
    expect(group(rules, WRAPPED).why).toContain('within com.acme.StepException')
  })

  it('by_type makes one group of all sites', () => {
    const rules = rule('{ id: outage, type: com.acme.Outage*, as: by_type }')
    const one = (site: string) => group(rules, `com.acme.OutageException: away${at(site)}`).fp
    expect(one('A.a')).toBe(one('B.b'))
  })

  it('message_free and message_full say whether the message counts', () => {
    const free = rule('{ id: free, type: a.E, as: message_free }')
    expect(group(free, `a.E: one${at('A.a')}`).fp).toBe(group(free, `a.E: other${at('A.a')}`).fp)
    const full = rule('{ id: full, type: NumberFormatException, as: message_full }')
    const parse = (rules: Overrides, message: string) => group(rules, `java.lang.NumberFormatException: ${message}${at('A.a')}`).fp
    expect(parse(full, 'empty')).not.toBe(parse(full, 'too long'))
    expect(parse(NONE, 'empty')).toBe(parse(NONE, 'too long'))
  })
})

describe('a rule for messages', () => {
  it('keep keeps words that would be masked, mask masks words that would be kept', () => {
    const keep = rule(`{ id: shards, message: com.acme.*, pattern: 'shard \\d{1,3}', as: keep }`)
    expect(group(keep, `com.acme.E: order 7 on shard 12 lost 5${at('A.a')}`).title).toBe('E: order <*> on shard 12 lost <*>')
    const mask = rule(`{ id: names, message: com.acme.E, pattern: 'customer \\w{1,40}', as: mask }`)
    expect(group(mask, `com.acme.E: customer smith is gone${at('A.a')}`)).toMatchObject({
      title: 'E: <*> is gone',
      why: expect.stringMatching(/; rule names$/),
    })
  })

  it('that masks a code masks it wherever a code would be read', () => {
    const mask = rule(`{ id: seats, message: com.acme.E, pattern: 'A\\d{2}', as: mask }`)
    expect(group(mask, `com.acme.E: no seat left [A12]${at('A.a')}`).title).toBe('E: no seat left [<*>]')
  })

  it('is for the logger, too, and only where its pattern matches', () => {
    const rules = rule(`{ id: state, message: com.acme.Flow, pattern: 'phase \\d', as: keep }`)
    const logged = (message: string) => group(rules, null, { logger: 'com.acme.Flow', message })
    expect(logged('entered phase 2 of 9 late')).toMatchObject({
      title: 'entered phase 2 of <*> late',
      why: expect.stringContaining('rule state'),
    })
    expect(logged('entered step 2 of 9 late').why).not.toContain('rule')
  })
})

describe('a group rule', () => {
  const named = rule(
    '{ id: billing, group: billing is down, match: { type: a.E, message: refused, frame: com.acme.Bill.*, logger: "com.*" } }',
  )

  it('names a group of its own, whatever the site', () => {
    const [one, other] = [
      group(named, `a.E: refused 1${at('Bill.pay', 'A.a')}`),
      group(named, `a.E: it was refused${at('B.b', 'Bill.book')}`),
    ]
    expect(one).toMatchObject({
      fp: other.fp,
      fpSite: other.fpSite,
      title: 'billing is down',
      why: expect.stringMatching(/; rule billing$/),
    })
    expect(one.fpStack).not.toBe(other.fpStack)
  })

  it.each([
    ['type', `a.F: refused${at('Bill.pay')}`],
    ['message', `a.E: accepted${at('Bill.pay')}`],
    ['frame', `a.E: refused${at('Pay.pay')}`],
  ])('is not met where the %s differs', (_, text) => expect(group(named, text)).toEqual(group(NONE, text)))

  it('adds to what was found, by context and job', () => {
    const rules = rule(`{ id: tenants, group: '{{default}} {{context.tenant}} {{job}}', match: { type: QuotaException } }`)
    const text = `com.acme.QuotaException: full${at('A.a')}`
    const of = (tenant: string, job: string) => group(rules, text, { context: new Map([['tenant', tenant]]) }, job)
    expect(new Set([of('a', 'x').fp, of('b', 'x').fp, of('a', 'y').fp]).size).toBe(3)
    expect(of('a', 'x')).toMatchObject({ fp: of('a', 'x').fp, fpSite: group(NONE, text).fpSite, title: group(NONE, text).title })
  })

  it('may ask for context and job; one that is not met leaves the next its turn', () => {
    const rules = rule(
      '{ id: prod, group: prod, match: { type: a.E, context: { stage: "prod*" }, job: orders } }',
      '{ id: rest, group: rest, match: { type: a.E } }',
    )
    const titleOf = (stage: string, job: string) => group(rules, `a.E: x${at('A.a')}`, { context: new Map([['stage', stage]]) }, job).title
    expect([titleOf('prod-1', 'orders'), titleOf('prod-1', 'other'), titleOf('test', 'orders')]).toEqual(['prod', 'rest', 'rest'])
  })
})

describe("a producer's own fingerprint", () => {
  const text = `a.E: x${at('A.a')}`
  const given = (value: string, rules: Overrides = NONE) => group(rules, text, { context: new Map([['error.fingerprint', value]]) })

  it('wins over every rule, as a text or as a list', () => {
    expect(given('mine')).toMatchObject({ fp: given('["mine"]').fp, title: 'mine' })
    expect(given('mine', rule('{ id: named, group: named, match: { type: a.E } }')).fp).toBe(given('mine').fp)
    expect(given('mine').fp).not.toBe(given('yours').fp)
  })

  it('reaches here from a record, as a dotted field or a nested one', () => {
    const record = {
      '@timestamp': '2026-03-10T12:00:00.000Z',
      'log.level': 'ERROR',
      message: 'm',
      'ecs.version': '1.2.0',
      'error.type': 'a.E',
      'error.message': 'x',
      'error.stack_trace': text,
    }
    const fps = [{ 'error.fingerprint': ['a', 'b'] }, { error: { fingerprint: ['a', 'b'] } }].map(
      (field) => createFingerprinter({ ownPackages: [] })(eventOf({ ...record, ...field })).fp,
    )
    expect(fps).toEqual([given('["a","b"]').fp, given('["a","b"]').fp])
  })

  it('may add to what was found', () => {
    expect(given('["{{default}}", "eu"]').fp).not.toBe(given('["{{default}}", "us"]').fp)
    expect(given('{{ default }}').fpSite).toBe(group(NONE, text).fpSite)
  })

  it('does not count where the rules switch it off, and broken lists are texts', () => {
    expect(given('mine', overrides('producerFingerprint: false'))).toEqual(group(NONE, text))
    expect(given('[mine').title).toBe('[mine')
  })
})

describe('while rules change', () => {
  const text = `com.acme.OutageException: away${at('A.a')}`
  const next = rule('{ id: outage, type: OutageException, as: by_type }')
  const change = createFingerprinter({ ownPackages: [], overrides: next, previous: { ownPackages: [], overrides: NONE } })

  it('an error carries the key by the rules before, where it was another', () => {
    const event = anEvent({ throwable: { form: 'text', type: null, message: null, text } })
    expect(change(event)).toMatchObject({ fp: group(next, text).fp, previous: group(NONE, text).fp })
    expect(change(anEvent()).previous).toBeNull()
  })

  it('the same holds for a group that its event decides', () => {
    const event = anEvent({
      throwable: { form: 'text', type: null, message: null, text },
      context: new Map([['error.fingerprint', '["{{default}}", "eu"]']]),
    })
    const alone = (rules: Overrides) => createFingerprinter({ ownPackages: [], overrides: rules })(event).fp
    expect(change(event)).toMatchObject({ fp: alone(next), previous: alone(NONE) })
  })

  it('the digest of the rules moves with every rule, and with the rules before', () => {
    const digests = [
      { overrides: NONE },
      { overrides: next },
      { overrides: next, previous: { ownPackages: [] } },
      { overrides: overrides('ownPackages: [com.acme]') },
    ]
    expect(new Set(digests.map((rules) => rulesDigest({ ownPackages: [], ...rules }))).size).toBe(4)
    expect(rulesDigest({ ownPackages: [], overrides: NONE })).toBe(rulesDigest({ ownPackages: [] }))
  })
})

describe('a file of rules that cannot be used names every fault', () => {
  it.each<[string, string, string[]]>([
    ['not YAML', 'rules: [', ['not YAML']],
    ['an unknown field', 'rule: []', ['rule: no such field']],
    ['an unknown field of a rule', 'rules:\n  - id: a\n    frame: b\n    as: drop\n    at: c\n', ['5 rules.0.at: no such field']],
    ['a package that is none', 'ownPackages: [com.acme.*]', ['ownPackages.0: expected a package']],
    ['a rule of no kind', 'rules: [{ id: a }]', ['rules.0: expected one of']],
    ['an unknown effect', 'rules: [{ id: a, frame: b, as: c }]', ['rules.0.as']],
    [
      'two rules of one id',
      'rules: [{ id: a, frame: b, as: drop }, { id: a, type: b, as: wrapper }]',
      ['rules.1.id: a is taken by rules.0'],
    ],
    [
      'a pattern that could take long',
      'rules: [{ id: a, message: b, pattern: "(x+)+y", as: keep }]',
      ['rules.0.pattern: a group may be optional'],
    ],
    [
      'a pattern that matches nothing at all',
      'rules: [{ id: a, message: b, pattern: "x?", as: keep }]',
      ['rules.0.pattern: matches the empty text'],
    ],
    ['a group that asks nothing', 'rules: [{ id: a, group: b, match: {} }]', ['rules.0.match']],
    ['an unknown placeholder', 'rules: [{ id: a, group: "{{host}}", match: { type: b } }]', ['rules.0.group: expected a name']],
    [
      'several at once',
      'rule: []\nrules:\n  - { id: A, frame: b, as: drop }\n  - { id: b, type: "c d", as: wrapper }\n  - { id: b }\n',
      ['1 rule: ', '3 rules.0.id: ', '4 rules.1.type: ', '5 rules.2: expected one of', '5 rules.2.id: b is taken'],
    ],
  ])('%s', (_, yaml, expected) => {
    const read = readOverrides(yaml)
    const faults = 'faults' in read ? read.faults.map(({ line, field, why }) => `${line} ${field}: ${why}`) : []
    expect(faults).toEqual(expected.map((start) => expect.stringContaining(start)))
  })

  it('the example of the documentation can be used', () => {
    const page = readFileSync(new URL('../../../docs/fingerprint-rules.md', import.meta.url), 'utf8')
    const { frame, type, message, group: groups } = overrides(/```yaml\n([^]*?)```/.exec(page)?.[1] ?? 'none')
    expect([frame, type, message, groups].map((found) => found.length)).toEqual([1, 1, 1, 2])
  })

  it('an empty one has no rules', () =>
    expect(NONE).toEqual({ ownPackages: [], producerFingerprint: true, frame: [], type: [], message: [], group: [] }))
})
