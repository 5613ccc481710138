/** What may and what may not move a fingerprint, whatever the trace looks like. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ErrorEvent, Grouping } from '../../src/event.ts'
import { createFingerprinter } from '../../src/fingerprint/fingerprint.ts'
import { readOverrides } from '../../src/fingerprint/override-file.ts'
import { anEvent } from '../support/builders.ts'

interface Exception {
  readonly type: string
  readonly message: string
  readonly frames: readonly string[]
  readonly suppressed: readonly string[]
}

const word = fc.stringMatching(/^[a-z]{3,8}$/)
const method = fc.tuple(word, word, fc.nat(999)).map(([cls, name, line]) => `com.acme.C${cls}.${name}(C${cls}.java:${line})`)
const library = fc.constantFrom('java.util.ArrayList.get(ArrayList.java:427)', 'io.netty.channel.Pipeline.fire(Pipeline.java:9)', 'org.apache.flink.Task.run(Task.java:1)')
const exception = fc.record<Exception>({
  type: word.map((name) => `com.acme.${name[0]!.toUpperCase()}${name.slice(1)}Exception`),
  message: fc.array(word, { minLength: 1, maxLength: 6 }).map((words) => words.join(' ')),
  frames: fc.array(fc.oneof(method, library), { maxLength: 12 }).chain((rest) => method.map((own) => [own, ...rest])),
  suppressed: fc.array(word.map((name) => `java.io.IOException: ${name}`), { maxLength: 3 }),
})
/** Outermost first; the root is the last. */
const chain = fc.array(exception, { minLength: 1, maxLength: 4 })

function print(exceptions: readonly Exception[], frameLine: (frame: string) => string = (frame) => frame): string {
  return exceptions
    .map(({ type, message, frames, suppressed }, i) =>
      [
        `${i === 0 ? '' : 'Caused by: '}${type}: ${message}`,
        ...frames.map((frame) => `\tat ${frameLine(frame)}`),
        ...suppressed.flatMap((one) => [`\tSuppressed: ${one}`, '\t\tat com.acme.Close.close(Close.java:1)']),
      ].join('\n'),
    )
    .join('\n')
}

function textEvent(text: string): ErrorEvent {
  return anEvent({ throwable: { form: 'text', type: null, message: null, text } })
}

const fingerprint = createFingerprinter({ ownPackages: [] })

function group(text: string): Grouping {
  return fingerprint(textEvent(text))
}

/** The root with something changed. */
function withRoot(exceptions: readonly Exception[], change: (root: Exception) => Exception): Exception[] {
  return exceptions.map((one, i) => (i === exceptions.length - 1 ? change(one) : one))
}

function generated(frames: readonly string[], salt: number): string[] {
  const kinds = [
    `com.acme.C$$Lambda$${salt}/0x00007f1c${salt}.apply(Unknown Source)`,
    `jdk.proxy${salt}/jdk.proxy${salt}.$Proxy${salt}.quote(Unknown Source)`,
    `jdk.internal.reflect.GeneratedMethodAccessor${salt}.invoke(Unknown Source)`,
  ]
  return frames.flatMap((frame, i) => [kinds[i % kinds.length]!, frame])
}

describe('a fingerprint does not move with', () => {
  it.each<[string, (all: readonly Exception[], salt: number) => string]>([
    ['packaging data', (all) => print(all, (frame) => `${frame} ~[shop-1.4.jar:1.4]`)],
    ['module and loader prefixes', (all, salt) => print(all, (frame) => `app/m@${salt}/${frame}`)],
    ['line numbers', (all, salt) => print(all, (frame) => frame.replace(/:\d+\)/, `:${salt})`))],
    ['generated frames between the others', (all, salt) => print(all.map((one) => ({ ...one, frames: generated(one.frames, salt) })))],
    ['the order of suppressed exceptions', (all) => print(all.map((one) => ({ ...one, suppressed: [...one.suppressed].reverse() })))],
    ['suppressed exceptions at all', (all) => print(all.map((one) => ({ ...one, suppressed: [] })))],
    ['the depth of a recursion', (all, salt) => print(withRoot(all, (root) => ({ ...root, frames: [...Array.from({ length: salt % 50 }, () => root.frames[0]!), ...root.frames] })))],
    ['numbers in the message', (all, salt) => print(withRoot(all, (root) => ({ ...root, message: root.message.replace(' 1', ` ${salt}`) })))],
    ['a wrapper around it', (all) => print([{ type: 'com.acme.OuterException', message: 'it went wrong', frames: ['com.acme.Outer.run(Outer.java:1)'], suppressed: [] }, ...all])],
    ['a pure wrapper around it', (all) => print([{ type: 'java.util.concurrent.ExecutionException', message: 'x', frames: [], suppressed: [] }, ...all])],
  ])('%s', (_, mutate) => {
    fc.assert(fc.property(chain, fc.nat(99_999), (exceptions, salt) => {
      const all = withRoot(exceptions, (root) => ({ ...root, message: `${root.message} 1` }))
      expect(group(mutate(all, salt)).fp).toBe(group(print(all)).fp)
    }))
  })
})

describe('a fine key does not move with', () => {
  it('the number of a lambda, or the depth of a recursion', () => {
    fc.assert(fc.property(chain, fc.nat(99), (all, n) => {
      const text = (number: number, depth: number) =>
        print(withRoot(all, (root) => ({ ...root, frames: [...Array.from({ length: depth }, () => `com.acme.R.lambda$walk$${number}(R.java:1)`), ...root.frames] })))
      expect(group(text(n, 1 + n)).fpStack).toBe(group(text(0, 1)).fpStack)
    }))
  })
})

describe('a ladder does not move with', () => {
  it('line numbers, not even its fine key', () => {
    fc.assert(fc.property(chain, fc.nat(9_999), (all, salt) => {
      const [one, other] = [group(print(all)), group(print(all, (frame) => frame.replace(/:\d+\)/, `:${salt})`)))]
      expect([other.fp, other.fpSite, other.fpStack]).toEqual([one.fp, one.fpSite, one.fpStack])
    }))
  })

  it('rules that match nothing', () => {
    const read = readOverrides('rules: [{ id: a, frame: org.none.*, as: drop }, { id: b, type: NoneException, as: by_type }, { id: c, group: g, match: { logger: none.* } }]')
    if ('faults' in read) throw new Error(read.faults.join())
    const ruled = createFingerprinter({ ownPackages: [], overrides: read.overrides })
    fc.assert(fc.property(chain, (all) => {
      expect(ruled(textEvent(print(all)))).toEqual(group(print(all)))
    }))
  })
})

describe('a fingerprint moves with', () => {
  it.each<[string, (root: Exception) => Exception]>([
    ['the type of the root', (root) => ({ ...root, type: `${root.type}2Exception` })],
    ['the site of the root', (root) => ({ ...root, frames: ['com.acme.Other.place(Other.java:1)', ...root.frames] })],
    ['an error code at the head of the message', (root) => ({ ...root, message: `E4711 ${root.message}` })],
  ])('%s', (_, change) => {
    fc.assert(fc.property(chain, (all) => {
      expect(group(print(withRoot(all, change))).fp).not.toBe(group(print(all)).fp)
    }))
  })
})

/** A new cache is large; some runs are enough. */
const FEW = { numRuns: 40 }

describe('whatever the text is', () => {
  const scraps = fc.array(
    fc.oneof(
      fc.constantFrom('\n', '\t', 'at ', 'Caused by: ', '\tSuppressed: ', 'Wrapped by: ', 'a.b.C', ': ', '... 7 more', '(', ')', '[CIRCULAR REFERENCE', '$$Lambda', '/', '<#ab> ', '…'),
      fc.string(),
    ),
    { maxLength: 60 },
  )

  it('there is a grouping, and the cache gives the same', () => {
    const cached = createFingerprinter({ ownPackages: ['com.acme'] })
    fc.assert(fc.property(scraps, fc.option(fc.string()), fc.boolean(), (parts, type, truncated) => {
      const event = anEvent({ throwable: { form: 'text', type, message: parts[0] ?? null, text: parts.join('') }, truncated })
      const fresh = createFingerprinter({ ownPackages: ['com.acme'] })(event)
      expect(fresh.fp).toMatch(/^v1:[0-9a-f]{16}$/)
      expect(cached(event)).toEqual(fresh)
      expect(cached({ ...event, truncated: !truncated })).toEqual(createFingerprinter({ ownPackages: ['com.acme'] })({ ...event, truncated: !truncated }))
    }), FEW)
  })

  it('a message alone has a grouping, and the cache gives the same', () => {
    const cached = createFingerprinter({ ownPackages: [] })
    fc.assert(fc.property(fc.string({ unit: 'grapheme' }), fc.option(fc.string()), fc.option(fc.string()), (message, logger, messageTemplate) => {
      const event = anEvent({ throwable: null, message, logger, messageTemplate })
      expect(cached(event)).toEqual(createFingerprinter({ ownPackages: [] })(event))
      expect(cached(event)).toBe(cached({ ...event }))
    }), FEW)
  })
})
