import { describe, expect, it } from 'vitest'
import { fullName, isShortFor, shortForms } from '../../../src/fingerprint/abbreviated.ts'
import { createFingerprinter } from '../../../src/fingerprint/fingerprint.ts'
import { createOwnership } from '../../../src/fingerprint/ownership.ts'
import { anEvent } from '../../support/builders.ts'

const fingerprint = createFingerprinter({ ownPackages: [] })

function group(text: string) {
  return fingerprint(anEvent({ throwable: { form: 'text', type: null, message: null, text } }))
}

describe('a short name of a class', () => {
  it.each([
    ['j.n.ConnectException', 'java.net.ConnectException'],
    ['j.util.concurrent.TimeoutException', 'java.util.concurrent.TimeoutException'],
    ['j.u.c.TimeoutException', 'java.util.concurrent.TimeoutException'],
    ['o.a.k.c.errors.TimeoutException', 'org.apache.kafka.common.errors.TimeoutException'],
  ])('%s is that of %s', (short, full) => expect(fullName(short)).toBe(full))

  it.each(['c.a.OrderException', 'c.n.ConnectException', 'j.n.c.ConnectException', 'java.n.ConnectException', 'ConnectException'])(
    'stays where nobody can know: %s',
    (name) => expect(fullName(name)).toBe(name),
  )

  it('is no other than what it was made of', () => {
    expect(isShortFor('c.a.OrderException', 'com.acme.OrderException')).toBe(true)
    expect(isShortFor('c.b.OrderException', 'com.acme.OrderException')).toBe(false)
    expect(isShortFor('com.acme.OrderException', 'com.acme.OrderException')).toBe(false)
    expect(shortForms('org.apache.flink', false)).toEqual(['o.apache.flink', 'o.a.flink'])
  })
})

describe('the owner of a class with a short name', () => {
  it.each([
    ['j.l.NumberFormatException', 'platform'],
    ['j.u.c.FutureTask', 'platform'],
    ['j.i.r.NativeMethodAccessorImpl', 'platform'],
    ['o.p.c.v3.QueryExecutorImpl', 'library'],
    ['o.s.web.client.RestTemplate', 'library'],
    ['c.mysql.cj.jdbc.ConnectionImpl', 'library'],
    ['c.a.orders.OrderRepo', 'own'],
    ['c.acme.orders.OrderRepo', 'own'],
  ])('%s is: %s', (name, owner) => expect(createOwnership([]).ownerOf(name)).toBe(owner))

  it('is the operator, where it may be', () => {
    expect(createOwnership(['org.apache.streampark']).ownerOf('o.a.streampark.Job')).toBe('own')
    expect(createOwnership(['org.apache.streampark']).ownerOf('o.a.s.Job')).toBe('own')
    expect(createOwnership(['org.apache.streampark']).ownerOf('o.a.kafka.Client')).toBe('library')
  })
})

describe('a trace with short names', () => {
  it('has its site in own code', () => {
    const trace = (own: string) =>
      `j.l.NumberFormatException: For input string: "x"\n\tat j.l.NumberFormatException.forInputString(N.java:1)\n\tat j.l.Integer.parseInt(I.java:1)\n\tat c.a.${own}(A.java:1)`
    expect(group(trace('Orders.read')).culprit).toBe('Orders.read:1')
    expect(group(trace('Orders.read')).fp).not.toBe(group(trace('Bills.read')).fp)
  })

  it('knows a wrapper whose message has the name in full', () => {
    const root = 'c.a.OrderException: gone\n\tat c.a.Orders.read(Orders.java:1)'
    const wrapped = `j.l.RuntimeException: com.acme.OrderException: gone\n\tat c.a.Job.run(Job.java:1)\nCaused by: ${root}`
    expect(group(wrapped).fpStack).toBe(group(root).fpStack)
  })

  it('leaves out what is made up, as with names in full', () => {
    const trace = (made: string) => `a.E: x${made}\n\tat c.a.Orders.read(Orders.java:1)`
    expect(group(trace('\n\tat j.i.r.GeneratedMethodAccessor36.invoke(Unknown Source)\n\tat j.l.r.Method.invoke(M.java:1)')).fpStack).toBe(
      group(trace('')).fpStack,
    )
  })
})
