import { describe, expect, it } from 'vitest'
import { spellOut } from '../../../src/decode/abbreviated.ts'
import { eventOf } from './samples.ts'

describe('an abbreviated name in a trace', () => {
  it.each([
    ['j.n.ConnectException: no\n\tat a.B.c(B.java:1)', 'java.net.ConnectException', 'java.net.ConnectException: no\n\tat a.B.c(B.java:1)'],
    ['<#1a> j.net.ConnectException: no', 'java.net.ConnectException', '<#1a> java.net.ConnectException: no'],
    ['Caused by: c.a.J$LostException', 'com.acme.J$LostException', 'Caused by: com.acme.J$LostException'],
    ['j.x.ConnectException: no', 'java.net.ConnectException', 'j.x.ConnectException: no'],
    ['x.j.n.ConnectException: no', 'java.net.ConnectException', 'x.j.n.ConnectException: no'],
    ['j.n.ConnectExceptions: no', 'java.net.ConnectException', 'j.n.ConnectExceptions: no'],
    ['j.n.ConnectException: no', 'ConnectException', 'j.n.ConnectException: no'],
    ['j.n.ConnectException: no', 'java.net.(x', 'j.n.ConnectException: no'],
  ])('%j by %s', (trace, name, expected) => expect(spellOut(trace, name)).toBe(expected))

  it('is spelled out by the field that names the root cause in full', () => {
    const event = eventOf({
      '@timestamp': '2026-11-21T08:27:10.617Z',
      '@version': '1',
      message: 'm',
      level: 'ERROR',
      level_value: 40000,
      stack_trace: 'j.l.RuntimeException: failed\n\tat a.B.c(B.java:1)\nCaused by: j.n.ConnectException: refused\n\tat a.B.d(B.java:2)\n',
      throwable_root_cause_class: 'java.net.ConnectException',
    })
    expect(event.throwable).toMatchObject({ text: expect.stringContaining('Caused by: java.net.ConnectException: refused') })
  })
})
