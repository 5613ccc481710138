/** What may and what may not move a fingerprint, whatever the trace looks like. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { schema } from '../../src/config/schema.ts'
import { createAnalyser } from '../../src/classify/analyse.ts'
import { loadPatterns } from '../../src/classify/load.ts'
import { createDecoder } from '../../src/decode/decode.ts'
import { NO_REDACTION_RULES } from '../../src/decode/redaction-file.ts'
import { createRedactor } from '../../src/decode/redactor.ts'
import type { ErrorEvent, Grouping } from '../../src/event.ts'
import { createFingerprinter } from '../../src/fingerprint/fingerprint.ts'
import { readOverrides } from '../../src/fingerprint/override-file.ts'
import { fuzzedLines } from '../bench/fuzz-lines.ts'
import { anEvent } from '../support/builders.ts'
import { LAYOUTS, recordOf, traceOf, type Chain, type Printed } from './fingerprint-layouts.ts'

const { redactEvent } = createRedactor(NO_REDACTION_RULES)

type Exception = Printed

const word = fc.stringMatching(/^[a-z]{3,8}$/)
const method = fc.tuple(word, word, fc.nat(999)).map(([cls, name, line]) => `com.acme.C${cls}.${name}(C${cls}.java:${line})`)
const library = fc.constantFrom(
  'java.util.ArrayList.get(ArrayList.java:427)',
  'io.netty.channel.Pipeline.fire(Pipeline.java:9)',
  'org.apache.flink.Task.run(Task.java:1)',
)
const exception = fc.record<Exception>({
  type: word.map((name) => `com.acme.${name[0]!.toUpperCase()}${name.slice(1)}Exception`),
  message: fc.array(word, { minLength: 1, maxLength: 6 }).map((words) => words.join(' ')),
  frames: fc.array(fc.oneof(method, library), { maxLength: 12 }).chain((rest) => method.map((own) => [own, ...rest])),
  suppressed: fc.array(
    word.map((name) => `java.io.IOException: ${name}`),
    { maxLength: 3 },
  ),
})
/** Outermost first; the root is the last. */
const chain = fc.array(exception, { minLength: 1, maxLength: 4 })
const tail = fc.array(fc.oneof(method, library), { maxLength: 5 })
/** Each frame at a line of its own: what stands in two stacks by chance is not shared by them. */
function apart({ exceptions, middle, tail: rest }: Chain): Chain {
  let line = 0
  const renumbered = (frames: readonly string[]) => frames.map((frame) => frame.replace(/:\d+\)/, `:${++line})`))
  return {
    exceptions: exceptions.map((one) => ({ ...one, frames: renumbered(one.frames) })),
    middle: renumbered(middle),
    tail: renumbered(rest),
  }
}

/** As `chain`, of exceptions that a library may have thrown, so that the own frame is another exception's. */
const anyChain = chain.chain((all) =>
  fc.tuple(
    ...all.map((one) =>
      fc.boolean().map((isOwn) => (isOwn ? one : { ...one, frames: one.frames.filter((frame) => !frame.startsWith('com.acme')) })),
    ),
  ),
)

function print(exceptions: readonly Exception[], frame: (frame: string) => string = (one) => one): string {
  return traceOf({ exceptions, middle: [], tail: [] }, { elided: (count) => `... ${count} more`, frame })
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

/** What JVMs and libraries make up, each with a number of its own. */
const MADE_UP: readonly ((salt: number) => string)[] = [
  (salt) => `com.acme.C$$Lambda$${salt}/0x00007f1c${salt}.apply(Unknown Source)`,
  (salt) => `com.acme.C$$Lambda/0x00007f1c${salt}.apply(Unknown Source)`,
  (salt) => `com.acme.C$$Lambda$${salt}/${salt}.apply(Unknown Source)`,
  (salt) => `java.base/java.lang.invoke.LambdaForm$DMH/0x00007f1c${salt}.invokeStatic(LambdaForm$DMH)`,
  (salt) => `java.base/java.lang.String$$StringConcat/0x00007f1c${salt}.concat(Unknown Source)`,
  (salt) => `jdk.proxy${salt}/jdk.proxy${salt}.$Proxy${salt}.quote(Unknown Source)`,
  (salt) => `com.sun.proxy.$Proxy${salt}.quote(Unknown Source)`,
  (salt) => `jdk.internal.reflect.GeneratedMethodAccessor${salt}.invoke(Unknown Source)`,
  () => 'java.base/jdk.internal.reflect.DirectMethodHandleAccessor.invoke(DirectMethodHandleAccessor.java:103)',
  () => 'java.base/java.lang.reflect.Method.invoke(Method.java:569)',
  (salt) => `com.acme.Pay$$EnhancerBySpringCGLIB$$${salt.toString(16)}.charge(<generated>)`,
  (salt) => `com.acme.Pay$$SpringCGLIB$$${salt}.charge(<generated>)`,
  (salt) => `com.acme.Pay$ByteBuddy$Bq${salt}.charge(Unknown Source)`,
  (salt) => `com.acme.Pay_$$_jvst${salt.toString(16)}_0.charge(Pay.java)`,
  (salt) => `com.acme.Pay$HibernateProxy$x${salt}.charge(Unknown Source)`,
  (salt) => `com.acme.Pay.access$${salt}(Pay.java:1)`,
]

function withMadeUp(frames: readonly string[], salt: number): string[] {
  return frames.flatMap((frame, i) => [MADE_UP[(i + salt) % MADE_UP.length]!(salt), frame])
}

/** Frames as compilers number them. */
const NUMBERED: readonly ((n: number) => string)[] = [
  (n) => `com.acme.Orders.lambda$save$${n}(Orders.java:7)`,
  (n) => `com.acme.Orders$${n}.compare(Orders.java:7)`,
  (n) => `com.acme.Orders$${n}Line.total(Orders.java:7)`,
  (n) => `com.acme.Sc$.$anonfun$run$${n}(Sc.scala:7)`,
  (n) => `com.acme.Sc$.inner$${n}(Sc.scala:7)`,
  (n) => `com.acme.KtKt$load$${n}.invokeSuspend(Kt.kt:6)`,
  (n) => `com.acme.Job$_run_closure${n}.doCall(Job.groovy:44)`,
  (n) => `my.ns$handler__${n}.invokeStatic(core.clj:139)`,
  (n) => `Script${n}.run(Script${n}.groovy:3)`,
]

/** What varies from event to event within one message. */
const VALUES: readonly ((salt: number) => string)[] = [
  (salt) => String(salt),
  (salt) => `0x${(salt + 16).toString(16)}`,
  (salt) => `10.0.${salt % 250}.7:9092`,
  (salt) => `"name ${salt.toString(36)}"`,
  (salt) => `/data/${salt.toString(36)}/part`,
  (salt) => `http://shop/${salt.toString(36)}`,
  (salt) => `662949c0-22dc-4996-a839-${String(salt).padStart(12, '0')}`,
]

/** A new cache is large; some runs are enough. */
const FEW = { numRuns: 40 }

describe('a fingerprint does not move with', () => {
  it.each<[string, (all: readonly Exception[], salt: number) => string]>([
    ['packaging data', (all) => print(all, (frame) => `${frame} ~[shop-1.4.jar:1.4]`)],
    ['module and loader prefixes', (all, salt) => print(all, (frame) => `app/m@${salt}/${frame}`)],
    ['line numbers', (all, salt) => print(all, (frame) => frame.replace(/:\d+\)/, `:${salt})`))],
    ['generated frames between the others', (all, salt) => print(all.map((one) => ({ ...one, frames: withMadeUp(one.frames, salt) })))],
    ['the order of suppressed exceptions', (all) => print(all.map((one) => ({ ...one, suppressed: [...one.suppressed].reverse() })))],
    ['suppressed exceptions at all', (all) => print(all.map((one) => ({ ...one, suppressed: [] })))],
    [
      'the depth of a recursion',
      (all, salt) =>
        print(
          withRoot(all, (root) => ({ ...root, frames: [...Array.from({ length: salt % 50 }, () => root.frames[0]!), ...root.frames] })),
        ),
    ],
    [
      'numbers in the message',
      (all, salt) => print(withRoot(all, (root) => ({ ...root, message: root.message.replace(' 1', ` ${salt}`) }))),
    ],
    [
      'the depth of a recursion of two',
      (all, salt) =>
        print(
          withRoot(all, (root) => ({
            ...root,
            frames: [
              root.frames[0]!,
              ...Array.from({ length: salt % 20 }, () => ['com.acme.R.ping(R.java:1)', root.frames[0]!]).flat(),
              ...root.frames,
            ],
          })),
        ),
    ],
    ['the ends of lines', (all) => print(all).replaceAll('\n', '\r\n')],
    [
      'a name that Flink puts before it twice',
      (all) => print(withRoot(all, (root) => ({ ...root, message: `${root.type}: ${root.message}` }))),
    ],
    [
      'a wrapper around it',
      (all) =>
        print([
          { type: 'com.acme.OuterException', message: 'it went wrong', frames: ['com.acme.Outer.run(Outer.java:1)'], suppressed: [] },
          ...all,
        ]),
    ],
    [
      'a pure wrapper around it',
      (all) => print([{ type: 'java.util.concurrent.ExecutionException', message: 'x', frames: [], suppressed: [] }, ...all]),
    ],
  ])('%s', (_, mutate) => {
    fc.assert(
      fc.property(chain, fc.nat(99_999), (exceptions, salt) => {
        const all = withRoot(exceptions, (root) => ({ ...root, message: `${root.message} 1` }))
        expect(group(mutate(all, salt)).fp).toBe(group(print(all)).fp)
      }),
    )
  })
})

describe('a fingerprint does not move with either', () => {
  it('the numbers that a compiler gives', () => {
    fc.assert(
      fc.property(
        chain,
        fc.constantFrom(...NUMBERED),
        fc.integer({ min: 1, max: 999 }),
        fc.integer({ min: 1, max: 999 }),
        (all, frame, one, other) => {
          const text = (n: number) => print(withRoot(all, (root) => ({ ...root, frames: [frame(n), ...root.frames] })))
          expect(group(text(other))).toMatchObject({ fp: group(text(one)).fp, fpStack: group(text(one)).fpStack })
        },
      ),
    )
  })

  it('a value in the message', () => {
    fc.assert(
      fc.property(chain, word, fc.constantFrom(...VALUES), fc.nat(99_999), fc.nat(99_999), (all, after, value, one, other) => {
        const text = (salt: number) => print(withRoot(all, (root) => ({ ...root, message: `${root.message} ${value(salt)} ${after}` })))
        expect(group(text(other)).fp).toBe(group(text(one)).fp)
      }),
    )
  })

  it('thread, host, time, level, context or the log message', () => {
    fc.assert(
      fc.property(chain, fc.string(), fc.integer(), (all, other, timeMs) => {
        const event = textEvent(print(all))
        expect(
          fingerprint({
            ...event,
            thread: other,
            host: other,
            timeMs,
            level: 'FATAL',
            message: other,
            serviceVersion: other,
            context: new Map([[other, other]]),
            tags: [other],
          }),
        ).toEqual(fingerprint(event))
      }),
    )
  })

  it('the layout, where it carries the whole chain', () => {
    const decode = createDecoder(schema.parse({}).limits)
    fc.assert(
      fc.property(anyChain, tail, tail, (exceptions, middle, shared) => {
        const whole = apart({ exceptions, middle, tail: shared })
        fc.pre(traceOf(whole).includes('\n\tat ')) // a line of text without a frame is no trace
        const keysOf = ({ fp, fpSite, fpStack }: Grouping) => [fp, fpSite, fpStack]
        const found = Object.keys(LAYOUTS).map((layout) => {
          const [outcome] = decode(recordOf(layout, whole))
          return [layout, outcome?.kind === 'ok' ? keysOf(fingerprint({ ...outcome.value, logger: 'a.B' })) : outcome] // a trace alone has no logger
        })
        const expected = keysOf(fingerprint({ ...textEvent(traceOf(whole)), logger: 'a.B' }))
        expect(Object.fromEntries(found)).toEqual(Object.fromEntries(Object.keys(LAYOUTS).map((layout) => [layout, expected])))
      }),
    )
  })

  it('the order of events, the process that sees them, or a restart', () => {
    fc.assert(
      fc.property(fc.array(chain, { minLength: 1, maxLength: 8 }), fc.infiniteStream(fc.nat(7)), (all, order) => {
        const events = all.map((one) => textEvent(print(one)))
        const expected = events.map((event) => fingerprint(event))
        const processes = [createFingerprinter({ ownPackages: [] }), createFingerprinter({ ownPackages: [] })]
        for (const at of order.take(20)) {
          const event = events[at % events.length]!
          expect(processes[at % 2]!(event)).toEqual(expected[at % events.length])
        }
      }),
      FEW,
    )
  })
})

describe('a fine key does not move with', () => {
  it('the number of a lambda, or the depth of a recursion', () => {
    fc.assert(
      fc.property(chain, fc.nat(99), (all, n) => {
        const text = (number: number, depth: number) =>
          print(
            withRoot(all, (root) => ({
              ...root,
              frames: [...Array.from({ length: depth }, () => `com.acme.R.lambda$walk$${number}(R.java:1)`), ...root.frames],
            })),
          )
        expect(group(text(n, 1 + n)).fpStack).toBe(group(text(0, 1)).fpStack)
      }),
    )
  })
})

describe('a fine key does not move with either', () => {
  it('the way that a recursion takes through its methods', () => {
    const visited = ['com.acme.R.walk(R.java:1)', 'com.acme.R.left(R.java:2)', 'com.acme.R.right(R.java:3)']
    fc.assert(
      fc.property(chain, fc.array(fc.constantFrom(...visited), { maxLength: 40 }), (all, way) => {
        const text = (rest: readonly string[]) =>
          print(withRoot(all, (root) => ({ ...root, frames: [...visited, ...rest, ...root.frames] })))
        expect(group(text(way)).fpStack).toBe(group(text([])).fpStack)
      }),
    )
  })
})

describe('a ladder does not move with', () => {
  it('line numbers, not even its fine key', () => {
    fc.assert(
      fc.property(chain, fc.nat(9_999), (all, salt) => {
        const [one, other] = [group(print(all)), group(print(all, (frame) => frame.replace(/:\d+\)/, `:${salt})`)))]
        expect([other.fp, other.fpSite, other.fpStack]).toEqual([one.fp, one.fpSite, one.fpStack])
      }),
    )
  })

  it('rules that match nothing', () => {
    const read = readOverrides(
      'rules: [{ id: a, frame: org.none.*, as: drop }, { id: b, type: NoneException, as: by_type }, { id: c, group: g, match: { logger: none.* } }]',
    )
    if ('faults' in read) throw new Error(JSON.stringify(read.faults))
    const ruled = createFingerprinter({ ownPackages: [], overrides: read.value })
    fc.assert(
      fc.property(chain, (all) => {
        expect(ruled(textEvent(print(all)))).toEqual(group(print(all)))
      }),
    )
  })
})

describe('a fingerprint moves with', () => {
  it.each<[string, (root: Exception) => Exception]>([
    ['the type of the root', (root) => ({ ...root, type: `${root.type}2Exception` })],
    ['the site of the root', (root) => ({ ...root, frames: ['com.acme.Other.place(Other.java:1)', ...root.frames] })],
    ['an error code at the head of the message', (root) => ({ ...root, message: `E4711 ${root.message}` })],
  ])('%s', (_, change) => {
    fc.assert(
      fc.property(chain, (all) => {
        expect(group(print(withRoot(all, change))).fp).not.toBe(group(print(all)).fp)
      }),
    )
  })
})

describe('a site moves with', () => {
  it.each<[string, (root: Exception) => Exception]>([
    ['the type of the root', (root) => ({ ...root, type: `${root.type}2Exception` })],
    ['its first own frame', (root) => ({ ...root, frames: ['com.acme.Other.place(Other.java:1)', ...root.frames] })],
  ])('%s', (_, change) => {
    fc.assert(
      fc.property(chain, (all) => {
        expect(group(print(withRoot(all, change))).fpSite).not.toBe(group(print(all)).fpSite)
      }),
    )
  })

  it('neither the message nor a wrapper', () => {
    fc.assert(
      fc.property(chain, word, exception, (all, other, wrapper) => {
        const { fpSite } = group(print(all))
        expect(group(print(withRoot(all, (root) => ({ ...root, message: other })))).fpSite).toBe(fpSite)
        expect(group(print([wrapper, ...all])).fpSite).toBe(fpSite)
      }),
    )
  })
})

/** `npm run bench fuzz` does a million. */
const FUZZED = 1_500

describe('whatever the text is', () => {
  const scraps = fc.array(
    fc.oneof(
      fc.constantFrom(
        '\n',
        '\t',
        'at ',
        'Caused by: ',
        '\tSuppressed: ',
        'Wrapped by: ',
        'a.b.C',
        ': ',
        '... 7 more',
        '(',
        ')',
        '[CIRCULAR REFERENCE',
        '$$Lambda',
        '/',
        '<#ab> ',
        '…',
      ),
      fc.string(),
    ),
    { maxLength: 60 },
  )

  it('there is a grouping, and the cache gives the same', () => {
    const cached = createFingerprinter({ ownPackages: ['com.acme'] })
    fc.assert(
      fc.property(scraps, fc.option(fc.string()), fc.boolean(), (parts, type, truncated) => {
        const event = anEvent({ throwable: { form: 'text', type, message: parts[0] ?? null, text: parts.join('') }, truncated })
        const fresh = createFingerprinter({ ownPackages: ['com.acme'] })(event)
        expect(fresh.fp).toMatch(/^v1:[0-9a-f]{16}$/)
        expect(cached(event)).toEqual(fresh)
        expect(cached({ ...event, truncated: !truncated })).toEqual(
          createFingerprinter({ ownPackages: ['com.acme'] })({ ...event, truncated: !truncated }),
        )
      }),
      FEW,
    )
  })

  it('a message alone has a grouping, and the cache gives the same', () => {
    const cached = createFingerprinter({ ownPackages: [] })
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.option(fc.string()), fc.option(fc.string()), (message, logger, messageTemplate) => {
        const event = anEvent({ throwable: null, message, logger, messageTemplate })
        expect(cached(event)).toEqual(createFingerprinter({ ownPackages: [] })(event))
        expect(cached(event)).toBe(cached({ ...event }))
      }),
      FEW,
    )
  })

  it('broken records and made-up structures are analysed, too', () => {
    const decode = createDecoder(schema.parse({}).limits)
    const analyse = createAnalyser({ fingerprint: { ownPackages: [] }, patterns: loadPatterns() })
    const events = [...fuzzedLines(7, FUZZED)]
      .flatMap((line) => decode(line))
      .flatMap((outcome) => (outcome.kind === 'ok' ? [outcome.value] : []))
    const keys = new Set(events.map((event) => analyse(redactEvent(event)).grouping.fp))
    expect([...keys].filter((key) => !/^v1:[0-9a-f]{16}$/.test(key))).toEqual([])
    expect(keys.size).toBeGreaterThan(FUZZED / 20)
  })
})
