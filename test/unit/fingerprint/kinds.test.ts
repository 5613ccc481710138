/**
 * Real errors, one kind for each place where something throws: what one kind is must stay one key, and no two may share one.
 *
 * test/data/fingerprint-kinds.ndjson.gz holds what programs in Java, Kotlin, Scala, Groovy and Clojure, and libraries that make up classes (CGLIB, Spring, Byte Buddy, Javassist,
 * Mockito, Guice), printed on Java 17. `run`: the first; again, with other ids and generated classes; after an edit that moves lines, lambdas and anonymous classes; with hidden
 * frames shown. `how`: plain, within wrappers, out of a pool's thread, or after reflection was inflated. Other JVMs and layouts are imitated in the text.
 */
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import type { Grouping } from '../../../src/event.ts'
import { createFingerprinter } from '../../../src/fingerprint/fingerprint.ts'
import { anEvent } from '../../support/builders.ts'

interface Printed {
  readonly kind: string
  readonly run: string
  readonly how: string
  readonly type: string
  readonly message: string | null
  readonly trace: string
}

function groupedBy<T>(all: readonly T[], keyOf: (one: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const one of all) {
    const key = keyOf(one)
    const same = groups.get(key)
    if (same === undefined) groups.set(key, [one])
    else same.push(one)
  }
  return groups
}

const printed = gunzipSync(readFileSync(new URL('../../data/fingerprint-kinds.ndjson.gz', import.meta.url)))
  .toString('utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Printed) // our own data file
const byKind = groupedBy(printed, ({ kind }) => kind)

const fingerprint = createFingerprinter({ ownPackages: [] })

function group(trace: string, type: string | null = null, message: string | null = null): Grouping {
  return fingerprint(anEvent({ throwable: { form: 'text', type, message, text: trace } }))
}

let salt = 1
const number = (): number => (salt = (salt * 48_271) % 2_147_483_647)
const hex = (): string => number().toString(16).padStart(16, '0')

/** What another JVM, appender or deploy prints for the same error. */
const OTHERWISE: Readonly<Record<string, (trace: string) => string>> = {
  'as it is': (trace) => trace,
  'Java 8': (trace) =>
    trace
      .replace(/\$\$Lambda\$(\d+)\/0x[0-9a-f]+/g, (_, at: string) => `$$$$Lambda$${at}/${number()}`)
      .replace(/\tat (?:java\.base|jdk\.proxy\d+|app)\//g, '\tat ')
      .replace(/jdk\.proxy\d+\.\$Proxy/g, 'com.sun.proxy.$$Proxy')
      .replaceAll('jdk.internal.reflect', 'sun.reflect')
      .replace(/^Caused by: \[CIRCULAR REFERENCE: /gm, '\t[CIRCULAR REFERENCE:'),
  'Java 21': (trace) =>
    trace
      .replace(/\$\$Lambda\$\d+\/0x[0-9a-f]+/g, () => `$$Lambda/0x${hex()}`)
      .replace(
        /\tat java\.base\/jdk\.internal\.reflect\.NativeMethodAccessorImpl\.invoke0.*\n.*\n.*DelegatingMethodAccessorImpl.*\n/g,
        '\tat java.base/jdk.internal.reflect.DirectMethodHandleAccessor.invoke(DirectMethodHandleAccessor.java:103)\n',
      ),
  'other numbers of generated classes': (trace) =>
    trace
      .replace(/\$Proxy\d+/g, () => `$Proxy${number()}`)
      .replace(/GeneratedMethodAccessor\d+/g, () => `GeneratedMethodAccessor${number()}`)
      .replace(/0x[0-9a-f]{16}/g, () => `0x${hex()}`),
  'other lines': (trace) => trace.replace(/:(\d+)\)/g, (_, line: string) => `:${Number(line) + 13})`),
  'packaging data': (trace) => trace.replace(/^(\s+at .*\))$/gm, '$1 ~[shop-1.4.jar:1.4]'),
  'modules and loaders': (trace) => trace.replaceAll('\tat com.acme', '\tat app//com.acme'),
  "logback's words": (trace) => trace.replace(/(\.\.\. \d+) more/g, '$1 common frames omitted'),
  'Windows line ends': (trace) => trace.replaceAll('\n', '\r\n'),
}

describe.each([...byKind])('%s', (_, all) => {
  const ways = all.flatMap((one) => Object.entries(OTHERWISE).map(([name, change]) => ({ one, name, text: change(one.trace) })))

  it('has one key, whatever prints it', () => {
    const found = groupedBy(ways, ({ one, text }) => group(text, one.type, one.message).fp)
    expect([...found.values()].map((same) => same.map(({ one, name }) => `${one.run} ${one.how}, ${name}`)).slice(1)).toEqual([])
  })

  it('has the same key where the layout names the type otherwise, or leaves it to the text', () => {
    const { fp } = group(all[0]!.trace, all[0]!.type, all[0]!.message)
    expect(new Set(ways.flatMap(({ one, text }) => [group(text).fp, group(text, one.type.replaceAll('$', '.'), one.message).fp]))).toEqual(
      new Set([fp]),
    )
  })
})

describe('the kinds', () => {
  it('are all there', () => expect(byKind.size).toBe(92))

  it('each have a key of their own', () => {
    const byKey = groupedBy(printed, ({ trace, type, message }) => group(trace, type, message).fp)
    expect([...byKey.values()].map((same) => [...new Set(same.map(({ kind }) => kind))]).filter((kinds) => kinds.length > 1)).toEqual([])
  })

  it('that overflow the stack keep it where a layout cuts the trace', () => {
    const overflows = printed.filter(({ kind, trace }) => kind.startsWith('soe-') && trace.length > 16_384)
    expect(overflows.length).toBeGreaterThan(0)
    for (const { trace, type, message } of overflows)
      expect(group(`${trace.slice(0, 16_384)}…`, type, message).fp).toBe(group(trace, type, message).fp)
  })
})
