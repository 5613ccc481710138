import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parseFrame } from '../../../src/decode/frame-line.ts'
import { normaliseClass, normaliseFrame } from '../../../src/fingerprint/frames.ts'

interface FrameCase {
  id: number
  frame: string
  class: string | null
  method: string | null
  file: string | null
  line: number | null
  norm: string | null
  why: string
}

const cases = readFileSync(new URL('../../data/frame-cases.ndjson', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as FrameCase) // our own data file

describe('frame lines of real JVMs', () => {
  it('are all 75 there', () => expect(cases).toHaveLength(75))

  it.each(cases)('$id $why: parses', (one) => {
    const expected = one.class === null ? null : { className: one.class, method: one.method, file: one.file, line: one.line }
    expect(parseFrame(one.frame)).toEqual(expected)
  })

  it.each(cases)('$id $why: has its normal form', (one) => {
    const frame = parseFrame(one.frame)
    expect(frame === null ? null : normaliseFrame(frame)).toBe(one.norm)
  })
})

describe('what is made up while a program runs, or numbered by a compiler', () => {
  it.each<[string, string, string | null]>([
    ['a hidden class for joining texts', 'java.lang.String$$StringConcat/0x00007f1c5c1cc898.concat(Unknown Source)', null],
    ['any hidden class', 'com.acme.Rules$Gen/0x0000000800c12000.apply(Unknown Source)', null],
    ['a proxy of one method', 'jdk.MHProxy3.$Proxy3.run(Unknown Source)', null],
    ['a proxy of Aries', 'Proxy1a2b3c4d_5e6f_4a1b_8c9d_0e1f2a3b4c5d.pay(Unknown Source)', null],
    ['a proxy of Dubbo', 'com.acme.PayServiceDubboProxy12.pay(PayServiceDubboProxy12.java)', null],
    ['a view of JBoss', 'com.acme.Payments$$$view42.charge(Unknown Source)', null],
    ['a lambda that R8 wrote out', 'com.acme.Cart$$ExternalSyntheticLambda7.run(Unknown Source:4)', null],
    ["Jackson's afterburner", 'com.acme.Order$Access4JacksonSerializer1f2e3d.get(Unknown Source)', null],
    ["Kotlin's accessor", 'com.acme.RepoKt.access$load(Repo.kt:1)', null],
    ["JaCoCo's probes", 'com.acme.Repo.$jacocoInit(Repo.java)', null],
    [
      "Spark's generated stage",
      'org.apache.spark.sql.catalyst.expressions.GeneratedClass$GeneratedIteratorForCodegenStage12.processNext(Unknown Source)',
      'org.apache.spark.sql.catalyst.expressions.GeneratedClass$GeneratedIteratorForCodegenStage#processNext',
    ],
    ["Flink's generated operator", 'StreamExecCalc$123.processElement(Unknown Source)', 'StreamExecCalc$#processElement'],
    ['an advised method', 'com.acme.Orders.save_aroundBody4(Orders.java:9)', 'com.acme.Orders#save_aroundBody'],
    ["AspectJ's closure", 'com.acme.Orders$AjcClosure5.run(Orders.java:1)', 'com.acme.Orders$AjcClosure#run'],
    ['a method within a method', 'com.acme.Sc$.inner$2(Sc.scala:7)', 'com.acme.Sc$#inner'],
    ['a try within an expression', 'com.acme.Sc$.liftedTree1$1(Sc.scala:7)', 'com.acme.Sc$#liftedTree1'],
    ['a script of a server', 'Script_8a9f3e0c1b2d4f5a6b7c8d9e0f1a2b3c.run(Script.groovy:1)', 'Script#run'],
    ['a script from a text', 'script16094430012341234567890.run(script.groovy:1)', 'script#run'],
    ["Spring's compiled expression", 'spel.Ex12.getValue(Unknown Source)', 'spel.Ex#getValue'],
    ['a class whose name ends in a digit', 'com.acme.Sha256.hash(Sha256.java:1)', 'com.acme.Sha256#hash'],
    ['a class that is only named so', 'com.acme.Proxy.pay(Proxy.java:1)', 'com.acme.Proxy#pay'],
  ])('%s', (_, frame, normal) => {
    expect(normaliseFrame(parseFrame(`\tat ${frame}`)!)).toBe(normal)
  })
})

describe('what is no frame', () => {
  it.each([
    ['a sentence', '\tat least 2. of them (see above)'],
    ['no brackets', '\tat com.acme.Main.main'],
    ['no class', '\tat main(Main.java:3)'],
    ['cut off', '\tat com.acme.Main.main(Main.ja'],
    ['nothing', ''],
    ['a very long line', `\tat ${'a.'.repeat(5_000)}b(C.java:1)`],
  ])('%s', (_, line) => expect(parseFrame(line)).toBeNull())
})

describe('class names', () => {
  it.each([
    ['a numbered class in the middle', 'com.acme.Orders$1$Line', 'com.acme.Orders$$Line'],
    ['an underscore in a name', 'com.acme.my_table', 'com.acme.my_table'],
    ['a Scala object', 'com.acme.Orders$', 'com.acme.Orders$'],
  ])('%s', (_, name, expected) => expect(normaliseClass(name)).toBe(expected))

  it('are cut where no real one is as long', () => {
    const cut = normaliseClass(`a.B${'$'.repeat(1_000_000)}`)
    expect(cut.length).toBeLessThanOrEqual(1_024)
  })

  it('of two methods with lambdas stay apart', () => {
    const of = (method: string) => normaliseFrame({ className: 'a.B', method, file: null, line: null })
    expect(of('lambda$load$0')).not.toBe(of('lambda$save$0'))
  })
})
