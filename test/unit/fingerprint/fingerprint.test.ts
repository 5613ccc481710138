import { describe, expect, it } from 'vitest'
import type { ErrorEvent, Grouping, Throwable } from '../../../src/event.ts'
import { createFingerprinter, FINGERPRINT_VERSION, rulesDigest } from '../../../src/fingerprint/fingerprint.ts'
import { anEvent } from '../../support/builders.ts'

const rules = { ownPackages: [] }

function group(text: string, over: Partial<ErrorEvent> = {}, ownPackages: string[] = []): Grouping {
  return createFingerprinter({ ownPackages })(anEvent({ throwable: { form: 'text', type: null, message: null, text }, ...over }))
}

function logged(message: string, over: Partial<ErrorEvent> = {}): Grouping {
  return createFingerprinter(rules)(anEvent({ throwable: null, message, ...over }))
}

const ROOT =
  'java.net.ConnectException: Connection refused: /10.2.3.4:3306\n\tat java.net.Socket.connect(Socket.java:1)\n\tat com.acme.Repo.connect(Repo.java:4)'

describe('the ladder of keys', () => {
  it('is stable: these keys may change only with the version', () => {
    const { fp, fpSite, fpStack } = group(ROOT)
    expect([fp, fpSite, fpStack]).toMatchInlineSnapshot(`
      [
        "v1:98672bb5797f795f",
        "v1:5eda21d0c06fbcd1",
        "v1:993943459f923a8f",
      ]
    `)
  })

  it('explains itself', () => {
    expect(group(`com.acme.OrderException: order 42\n\tat com.acme.Job.run(Job.java:9)\nCaused by: ${ROOT}`)).toMatchObject({
      title: 'ConnectException: Connection refused: <*>',
      culprit: 'Repo.connect:4',
      exceptionClass: 'com.acme.OrderException',
      rootCauseClass: 'java.net.ConnectException',
      why: 'root cause java.net.ConnectException; first own frame com.acme.Repo#connect; masked message',
    })
  })

  it('lets two messages of one site share the site only', () => {
    const at = '\n\tat com.acme.Repo.connect(Repo.java:4)'
    const one = group(`com.acme.E: E1001 no stock${at}`)
    const other = group(`com.acme.E: E2002 no price${at}`)
    expect(one.fpSite).toBe(other.fpSite)
    expect(one.fp).not.toBe(other.fp)
  })

  it('lets two ways to one site differ in the stack only', () => {
    const one = group(`${ROOT}\n\tat com.acme.Job.read(Job.java:1)`)
    const other = group(`${ROOT}\n\tat com.acme.Job.write(Job.java:2)`)
    expect(one.fp).toBe(other.fp)
    expect(one.fpStack).not.toBe(other.fpStack)
  })

  it('lets a quoted number and a quoted text differ in the stack only, and two numbers in nothing', () => {
    const [number, otherNumber, text] = ["'777'", "'1,204'", "' x'"].map((value) =>
      group(`com.acme.E: bad byte in ${value}\n\tat com.acme.Octal.parse(Octal.java:4)`),
    )
    expect(text!.fp).toBe(number!.fp)
    expect(text!.fpStack).not.toBe(number!.fpStack)
    expect(otherNumber!.fpStack).toBe(number!.fpStack)
  })
})

describe('the site', () => {
  it('of a library exception is the own frame of the exception around it', () => {
    const wrapped =
      'com.acme.DaoException: save\n\tat com.acme.OrderDao.save(OrderDao.java:7)\nCaused by: java.sql.SQLSyntaxErrorException: bad\n\tat com.mysql.cj.Driver.run(Driver.java:1)\n\t... 1 more'
    expect(group(wrapped)).toMatchObject({ culprit: 'OrderDao.save:7', rootCauseClass: 'java.sql.SQLSyntaxErrorException' })
  })

  it.each([
    'Preconditions.check',
    'OrderPreconditions.isOpen',
    'ParamChecks.notNull',
    'Orders.checkState',
    'Orders.requireNonNull',
    'Util.throwIfClosed',
    'Base.fail',
  ])('is not a helper that only throws: %s', (helper) => {
    expect(group(`a.E: x\n\tat com.acme.${helper}(Helper.java:1)\n\tat com.acme.Job.run(Job.java:9)`).culprit).toBe('Job.run:9')
  })

  it.each(['HealthChecks.ping', 'Orders.checkStock', 'Failures.fails'])('is what is only named like a helper: %s', (name) => {
    expect(group(`a.E: x\n\tat com.acme.${name}(Code.java:1)\n\tat com.acme.Job.run(Job.java:9)`).culprit).toBe(`${name}:1`)
  })

  it('is own code of org.apache.* where the operator says so', () => {
    const text =
      'a.E: x\n\tat com.zaxxer.Pool.get(Pool.java:1)\n\tat org.apache.streampark.Job.run(Job.java:9)\n\tat com.acme.Main.main(Main.java:1)'
    expect(group(text).culprit).toBe('Main.main:1')
    expect(group(text, {}, ['org.apache.streampark']).culprit).toBe('Job.run:9')
  })

  it("is a library's rather than the platform's, where no own code is in sight", () => {
    const text = (library: string) =>
      `java.lang.StringIndexOutOfBoundsException: index 3\n\tat java.lang.String.charAt(String.java:1)\n\tat org.apache.commons.lang3.${library}(L.java:7)`
    expect(group(text('StringUtils.chop'))).toMatchObject({
      culprit: 'StringUtils.chop:7',
      title: 'StringIndexOutOfBoundsException',
      why: expect.stringContaining('first library frame'),
    })
    expect(group(text('StringUtils.chop')).fp).not.toBe(group(text('WordUtils.wrap')).fp)
    expect(group('a.E: x\n\tat java.lang.String.charAt(String.java:1)').why).toContain(
      'first frame of the platform java.lang.String#charAt',
    )
  })

  it('is not in Clojure itself, whose functions are classes within clojure.core', () => {
    expect(group('a.E: x\n\tat clojure.core$eval134$fn__137.invoke(Unknown Source)\n\tat com.acme.Job.run(Job.java:9)').culprit).toBe(
      'Job.run:9',
    )
  })

  it('of an overflown stack does not depend on where its printing began', () => {
    const frames = ['a', 'b', 'c'].map((name) => `\tat com.acme.Node.${name}(Node.java:1)`)
    const overflow = (from: number) =>
      ['java.lang.StackOverflowError', ...Array.from({ length: 200 }, (_, i) => frames[(i + from) % 3]!)].join('\n')
    expect(new Set([0, 1, 2].map((from) => group(overflow(from)).fpStack)).size).toBe(1)
    expect(new Set([0, 1, 2].map((from) => group(overflow(from)).fp)).size).toBe(1)
  })

  it('of an overflown stack is on the way, not where the stack happened to end', () => {
    const overflow = (way: string, end: string) =>
      `java.lang.StackOverflowError\n\tat java.lang.${end}(X.java:1)${`\n\tat com.acme.Node.walk(N.java:1)\n\tat com.acme.Node.${way}(N.java:2)`.repeat(80)}`
    expect(group(overflow('left', 'String.hashCode')).fpStack).toBe(group(overflow('left', 'Object.equals')).fpStack)
    expect(group(overflow('left', 'String.hashCode')).fpStack).not.toBe(group(overflow('right', 'String.hashCode')).fpStack)
  })

  it('of two overflows that share a cycle and differ below it differs in the fine key', () => {
    const overflow = (below: string) =>
      `java.lang.StackOverflowError${'\n\tat com.acme.Types.resolve(T.java:1)'.repeat(100)}\n\tat com.acme.${below}(T.java:9)`
    expect(group(overflow('Types.fields')).fpStack).not.toBe(group(overflow('Types.bounds')).fpStack)
    expect(group(overflow('Types.fields')).fp).toBe(group(overflow('Types.bounds')).fp)
  })

  it('does not count for trouble of the surroundings', () => {
    const oom = (method: string) => group(`java.lang.OutOfMemoryError: Java heap space\n\tat com.acme.Job.${method}(Job.java:1)`).fp
    expect(oom('read')).toBe(oom('write'))
  })
})

describe('the message', () => {
  it('of an exception whose message is only data does not count', () => {
    const parse = (input: string) =>
      group(`java.lang.NumberFormatException: For input string: ${input}\n\tat com.acme.Job.run(Job.java:1)`).fp
    expect(parse('abc')).toBe(parse('xyz'))
  })

  it('of a null pointer counts where the code has words of its own, not where the JVM explains', () => {
    const at = '\n\tat com.acme.Job.run(Job.java:1)'
    const npe = (message: string) => group(`java.lang.NullPointerException${message}${at}`)
    expect(npe(': customer must not be null').fp).not.toBe(npe(': order must not be null').fp)
    expect(npe(': Cannot invoke "com.acme.A.b()" because "<local4>" is null').fp).toBe(npe('').fp)
  })

  it('of an unknown host leaves out the name, and what the resolver said, which a JVM does not remember', () => {
    const dns = (message: string) => group(`java.net.UnknownHostException: ${message}\n\tat com.acme.Job.run(Job.java:1)`).fp
    expect(dns('kafka: Name or service not known')).toBe(dns('kafka'))
    expect(dns('kafka')).toBe(dns('kafka-1'))
    expect(dns('kafka')).toBe(dns('zookeeper'))
  })

  it('of a database keeps its code, without the build of the driver', () => {
    const violation = (code: string) =>
      group(`org.h2.jdbc.JdbcSQLException: Violation; SQL statement:\ninsert into x [${code}]\n\tat com.acme.Dao.save(Dao.java:1)`)
    expect(violation('23505-224').title).toBe('JdbcSQLException: Violation; SQL statement: [23505]')
    expect(violation('23505-224').fp).toBe(violation('23505-232').fp)
    expect(violation('23505-224').fp).not.toBe(violation('23506-224').fp)
  })

  it('printed as null counts as none', () => {
    const at = '\n\tat com.acme.Job.run(Job.java:1)'
    expect(group(`java.io.EOFException: null${at}`).fp).toBe(group(`java.io.EOFException${at}`).fp)
  })
})

describe('wrappers', () => {
  it.each([
    [
      'ExecutionException',
      `java.util.concurrent.ExecutionException: ${ROOT.split('\n')[0]}\n\tat java.util.concurrent.FutureTask.get(FutureTask.java:1)\nCaused by: ${ROOT}`,
    ],
    [
      'one that was given only its cause',
      `java.lang.RuntimeException: ${ROOT.split('\n')[0]}\n\tat com.acme.Job.run(Job.java:1)\nCaused by: ${ROOT}`,
    ],
  ])('%s changes no key, not even the stack', (_, text) => {
    expect(group(text)).toMatchObject({ fp: group(ROOT).fp, fpStack: group(ROOT).fpStack })
  })

  it('given only their cause are known where the cause is a class within another', () => {
    const root = 'com.acme.Orders$Broken: x\n\tat com.acme.Orders.run(Orders.java:1)'
    expect(
      group(`java.lang.RuntimeException: com.acme.Orders$Broken: x\n\tat com.acme.Job.run(Job.java:1)\nCaused by: ${root}`).fpStack,
    ).toBe(group(root).fpStack)
  })

  it('with words of their own change the stack only', () => {
    const wrapped = group(`com.acme.JobException: giving up\n\tat com.acme.Job.run(Job.java:1)\nCaused by: ${ROOT}`)
    expect(wrapped.fp).toBe(group(ROOT).fp)
    expect(wrapped.fpStack).not.toBe(group(ROOT).fpStack)
  })

  it('of Flink are what they stand for, as text and as a chain', () => {
    const text = `a.E: x\n\tat a.B.c(B.java:1)\nCaused by: com.acme.RealException: com.acme.RealException: order 1\n\tat com.acme.Job.run(Job.java:1)`
    expect(group(text).title).toBe('RealException: order <*>')
    const chain = {
      type: 'org.apache.flink.util.SerializedThrowable',
      message: 'com.acme.RealException: order 1',
      frames: [{ className: 'com.acme.Job', method: 'run', file: null, line: 1 }],
      cause: null,
      suppressed: [],
    }
    expect(createFingerprinter(rules)(anEvent({ throwable: { form: 'chain', chain } })).fp).toBe(group(text).fp)
  })
})

describe('a chain', () => {
  const at = '\n\tat com.acme.Config.load(Config.java:3)'

  it('that comes back to itself ends there, in a structure as in a text', () => {
    const frames = [{ className: 'a.B', method: 'c', file: null, line: 1 }]
    const link = (message: string, cause: Throwable | null, own = frames): Throwable => ({
      type: 'a.E',
      message,
      frames: own,
      cause,
      suppressed: [],
    })
    const chain = link('a', link('b', link('a', null, []), []))
    const structured = createFingerprinter(rules)(anEvent({ throwable: { form: 'chain', chain } }))
    expect(structured.fp).toBe(
      group('a.E: a\n\tat a.B.c(B.java:1)\nCaused by: a.E: b\n\t... 1 more\nCaused by: [CIRCULAR REFERENCE: a.E: a]').fp,
    )
    expect(structured.title).toBe('E: b')
  })

  it('whose links are alike keeps its root', () => {
    expect(group(`a.E: x${at}\nCaused by: a.E: x${at}\nCaused by: java.io.IOException: gone${at}`).title).toBe('IOException: gone')
  })

  it('that a JVM recorded of a class that could not be initialised is the error itself', () => {
    const first = group(
      `java.lang.ExceptionInInitializerError\n\tat com.acme.Job.run(Job.java:1)\nCaused by: java.lang.IllegalStateException: no settings${at}\n\t... 1 more`,
    )
    const later = group(
      `java.lang.NoClassDefFoundError: Could not initialize class com.acme.Config\n\tat com.acme.Job.run(Job.java:1)\nCaused by: java.lang.ExceptionInInitializerError: Exception java.lang.IllegalStateException: no settings [in thread "main"]${at}\n\t... 1 more`,
    )
    expect(later.fp).toBe(first.fp)
  })

  it("of Clojure's and SAX' exceptions has the message without what their toString() adds", () => {
    const titleOf = (head: string) => group(`a.E: x\n\tat com.acme.Job.run(Job.java:1)\nCaused by: ${head}${at}`).title
    expect(titleOf('clojure.lang.ExceptionInfo: order failed {:id 42, :sku "x"}')).toBe('ExceptionInfo: order failed')
    const sax = {
      type: 'org.xml.sax.SAXParseException',
      message: 'systemId: file:///x.xml; lineNumber: 1; columnNumber: 5; No end tag.',
      frames: [],
      cause: null,
      suppressed: [],
    }
    expect(createFingerprinter(rules)(anEvent({ throwable: { form: 'chain', chain: sax } })).title).toBe('SAXParseException: No end tag.')
  })
})

describe('a cut trace', () => {
  const own = '\n\tat com.acme.Repo.find(Repo.java:4)'
  const within = (root: string) => `com.acme.JobException: giving up\n\tat com.acme.Job.run(Job.java:1)\nCaused by: ${root}`

  it('has the key of the whole one where it was cut behind an exception that can have no cause', () => {
    const root = within(`java.lang.NullPointerException${own}`)
    expect(group(`${root}\n\tat com.ac…`)).toMatchObject({ fp: group(root).fp, why: expect.not.stringContaining('cut') })
  })

  it.each([
    ['may have a cause', within(`java.lang.IllegalStateException: x${own}`)],
    ['has no own frame yet', within('java.lang.NullPointerException\n\tat java.util.Objects.requireNonNull(Objects.java:209)')],
  ])('has not where what comes last %s', (_, text) => {
    expect(group(`${text}\n\tat com.ac…`)).toMatchObject({
      title: 'JobException: giving up',
      why: expect.stringContaining('the trace is cut'),
    })
  })

  it('is not decided by a wrapper that says nothing', () => {
    const text = `java.util.concurrent.ExecutionException: com.acme.JobException: giving up\n\tat java.util.concurrent.FutureTask.get(F.java:1)\nCaused by: com.acme.JobException: giving up${own}\nCaused by: java.io.IOE…`
    expect(group(text, { truncated: true }).title).toBe('JobException: giving up')
  })
})

describe('what is missing', () => {
  it('a cut trace shares the site, never the key, with a whole one', () => {
    const whole = group('a.E: x\n\tat com.acme.Job.run(Job.java:1)\n')
    const cut = group('a.E: x\n\tat com.acme.Job.run(Job.java:1)\n\tat com.ac…')
    expect(cut.fpSite).toBe(whole.fpSite)
    expect(cut.fp).not.toBe(whole.fp)
    expect(cut.why).toContain('the trace is cut')
  })

  it('a trace whose blocks were cut is marked, and has the key of the whole one', () => {
    const head = 'a.E: x\n\tat com.acme.Job.run(Job.java:1)\n'
    const cause = 'Caused by: a.F: y\n\tat com.acme.Repo.find(Repo.java:2)\n'
    const rest = '\tat org.eclipse.jetty.Server.handle(Server.java:3)\n'
    const suffix = '\tat org.eclipse.jetty.Server.handle\n…\n'
    const whole = group(head + rest + cause + rest)
    expect(group(head + suffix + cause + suffix, { truncated: true }).fp).toBe(whole.fp)
    expect(group(head + suffix + cause + rest, { truncated: true }).fp).toBe(whole.fp)
    expect(group(`${head}${suffix}${cause}\tat org.ec…`, { truncated: true }).fp).not.toBe(whole.fp)
  })

  it('a trace with its root first may lose its wrappers', () => {
    const root = 'a.F: y\n\tat com.acme.Repo.find(Repo.java:2)\nWrapped by: a.E: x\n'
    const whole = group(`${root}\tat com.acme.Job.run(Job.java:1)\n`)
    expect(group(`${root}\tat com.acme.J...\n`, { truncated: true }).fp).toBe(whole.fp)
  })

  it('without frames, the logger stands in for the site', () => {
    expect(group('java.lang.NullPointerException', { logger: 'a.B' }).fp).not.toBe(
      group('java.lang.NullPointerException', { logger: 'a.C' }).fp,
    )
  })

  it('without a throwable, a short message needs its logger, a telling one does not', () => {
    expect(logged('failed: 42', { logger: 'a.B' }).fp).not.toBe(logged('failed: 43', { logger: 'a.C' }).fp)
    const telling = 'Lag of consumer group rt_shanghai is 6274267 records'
    expect(logged(telling, { logger: 'a.B' }).fp).toBe(logged(telling.replace('shanghai', 'xian'), { logger: 'a.C' }).fp)
  })

  it('a message template is better than a masked message', () => {
    const of = (name: string) => logged(`hello ${name}`, { messageTemplate: 'hello {}' })
    expect(of('anna').fp).toBe(of('bert').fp)
    expect(of('anna').title).toBe('hello <*>')
  })

  it.each([
    ['order {} for customer {}', 'order 42 for customer 7'],
    ['order {0} of {1,number}: {2} ms', 'order 42 of 7: 1 ms'],
    ['order %s of %d took %.2f s (%s)', 'order 42 of 7 took 1.25 s (3)'],
    ['task switched from {} to {}', 'task switched from RUNNING to FAILED'],
    ['cannot reach {}:{}, id={}', 'cannot reach kafka:9092, id=abc'],
    ["cannot read '{}'", "cannot read 'a b'"],
    ['order {id} of {customer.name} is gone', 'order 42 of 7 is gone'],
  ])('a layout that has the template and one that has not meet: %s', (template, message) => {
    expect(logged(message, { messageTemplate: template }).fp).toBe(logged(message).fp)
  })
})

describe('the cache', () => {
  it('keeps apart what differs only in type, message, logger or truncation', () => {
    const text = '\tat com.acme.Job.run(Job.java:1)\n'
    const cached = createFingerprinter(rules)
    const fresh = (event: ErrorEvent) => createFingerprinter(rules)(event)
    const events = [
      anEvent({ throwable: { form: 'text', type: 'a.E', message: 'x', text } }),
      anEvent({ throwable: { form: 'text', type: 'a.F', message: 'x', text } }),
      anEvent({ throwable: { form: 'text', type: 'a.E', message: 'y', text } }),
      anEvent({ throwable: { form: 'text', type: 'a.E', message: 'x', text }, truncated: true }),
      anEvent({ throwable: { form: 'text', type: 'a.E', message: 'x', text: '-' }, logger: 'a.B' }),
      anEvent({ throwable: { form: 'text', type: 'a.E', message: 'x', text: '-' }, logger: 'a.C' }),
    ]
    for (const event of [...events, ...events]) expect(cached(event)).toEqual(fresh(event))
    expect(new Set(events.map((event) => cached(event).fp)).size).toBe(events.length)
  })

  it('takes a record that was cut behind its trace for the same error', () => {
    const event = anEvent()
    expect(createFingerprinter(rules)({ ...event, truncated: true, isTraceWhole: true })).toEqual(createFingerprinter(rules)(event))
  })

  it('finds a trace again', () => {
    const cached = createFingerprinter(rules)
    const event = anEvent()
    expect(cached(event)).toBe(cached({ ...event, message: 'another', throwable: { ...event.throwable! } }))
  })
})

describe('the versions of the algorithm', () => {
  it('are each computed by name, and an unknown one is refused', () => {
    const event = anEvent()
    expect(createFingerprinter({ ownPackages: [], version: FINGERPRINT_VERSION })(event)).toEqual(createFingerprinter(rules)(event))
    expect(() => createFingerprinter({ ownPackages: [], version: 99 })).toThrow('fingerprint version 99 is not known; known: 1')
  })
})

describe('the digest of the rules', () => {
  it('changes with what decides, not with the order it is written in', () => {
    expect(rulesDigest({ ownPackages: ['a', 'b'] })).toBe(rulesDigest({ ownPackages: ['b', 'a', 'a'] }))
    expect(rulesDigest({ ownPackages: ['a'] })).not.toBe(rulesDigest({ ownPackages: [] }))
  })
})
