import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { abbreviatedNamesOf, namesOf, partsOf } from '../../../src/match/class-names.ts'

describe('a class name whose packages are abbreviated', () => {
  it.each([
    ['j.n.ConnectException', 'java.net.ConnectException', true],
    ['j.net.ConnectException', 'java.net.ConnectException', true],
    ['o.a.k.c.e.TimeoutException', 'org.apache.kafka.common.errors.TimeoutException', true],
    ['o.a.k.common.errors.TimeoutException', 'org.apache.kafka.common.errors.TimeoutException', true],
    ['o.a.f.k.s.o.a.k.c.e.TimeoutException', 'org.apache.kafka.common.errors.TimeoutException', true],
    ['j.u.c.TimeoutException', 'org.apache.kafka.common.errors.TimeoutException', false],
    ['j.i.ConnectException', 'java.net.ConnectException', false],
    ['n.ConnectException', 'java.net.ConnectException', false],
    ['j.n.C', 'java.net.ConnectException', false],
    ['j.n.NoConnectException', 'java.net.ConnectException', false],
    ['o.a.k.c.e.TopicAuthorizationException', 'org.apache.kafka.common.errors.*AuthorizationException', true],
    ['j.n.s.SSLHandshakeException', 'javax.net.ssl.SSL*Exception', true],
    ['o.s.b.f.BeanCreationException', 'org.springframework.beans.factory.*', true],
    ['o.s.b.f.s.SomeException', 'org.springframework.beans.factory.*', true],
    ['j.s.SQLException', 'java.sql.*', false],
    ['c.a.orders.OrderException', 'com.amazonaws.*', false],
  ])('%s is %s: %s', (given, pattern, expected) => {
    const names = abbreviatedNamesOf([pattern])
    expect(names.test(given)).toBe(expected)
    expect(partsOf(given).some((part) => names.parts?.includes(part)) || !expected).toBe(true)
  })

  it('means nothing where none are', () => expect(namesOf(['java.net.ConnectException']).test('j.n.ConnectException')).toBe(false))

  it('is any that its full name is, by a rule without a star, and is found by its parts', () => {
    const part = fc.stringMatching(/^[a-z]{1,5}$/)
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 5 }), fc.nat({ max: 5 }), fc.nat({ max: 4 }), (packages, abbreviated, from) => {
        const short = [...packages.map((one, i) => (i < abbreviated ? one.charAt(0) : one)), 'SomeException'].join('.')
        const names = abbreviatedNamesOf([[...packages.slice(Math.min(from, packages.length)), 'SomeException'].join('.')])
        expect(names.test(short)).toBe(true)
        expect(partsOf(short).some((one) => names.parts?.includes(one))).toBe(true)
      }),
    )
  })
})
