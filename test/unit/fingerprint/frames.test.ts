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
    ['a try within an expression', 'com.acme.Sc$.liftedTree1$1(Sc.scala:7)', 'com.acme.Sc$#liftedTree'],
    ["an accessor of Byte Buddy's agent", 'com.acme.Job.run$original$4bJvYI1a$accessor$Nd1dsd(Job.java)', null],
    ["a method that Byte Buddy's agent renamed", 'com.acme.Job.run$original$4bJvYI1a(Job.java:1)', 'com.acme.Job#run'],
    ['beans of CGLIB', 'com.acme.S$$BulkBeanByCGLIB$$ab12cd34.x(<generated>)', null],
    ["Guice's accessor", 'com.acme.S$$ConstructorAccessByGuice$$1.x(<generated>)', null],
    ['a proxy of Hibernate without a name', 'com.acme.S$HibernateProxy.getX(Unknown Source)', null],
    ["Hibernate's optimizer", 'com.acme.S$HibernateAccessOptimizer$Xyz.getPropertyValues(Unknown Source)', null],
    ['a proxy of Quarkus', 'com.acme.S_ClientProxy.x(Unknown Source)', null],
    ['an interceptor of Quarkus', 'com.acme.S_Subclass.x$$superforward1(Unknown Source)', null],
    ['what an interceptor of Quarkus calls', 'com.acme.S_Subclass$$function$$1.apply(Unknown Source)', null],
    ['a proxy of OpenWebBeans', 'com.acme.S$$OwbNormalScopeProxy0.x(com/acme/S.java)', null],
    ['a proxy of Micronaut', 'com.acme.$S$Definition$Intercepted.x(Unknown Source)', null],
    ['a numbered proxy of a class', 'com.acme.S$$Proxy1234.x(Unknown Source)', null],
    ['a hidden class as older tools write it', 'com.acme.Foo+0x00007f2a1c0b0400.call(Unknown Source)', null],
    ["D8's accessor", 'com.acme.A.-$$Nest$mfoo(Unknown Source)', null],
    ['a bridge of Scala 3', 'com.acme.Job$.main$$anonfun$adapted$1(Job.scala:1)', null],
    [
      "a method of Spark's generated stage",
      'org.apache.spark.sql.catalyst.expressions.GeneratedClass$GeneratedIteratorForCodegenStage12.project_doConsume_0$(Unknown Source)',
      'org.apache.spark.sql.catalyst.expressions.GeneratedClass$GeneratedIteratorForCodegenStage#project_doConsume',
    ],
    [
      "a part of Flink's generated method",
      'StreamExecCalc$23.processElement_split5(Unknown Source)',
      'StreamExecCalc$#processElement_split',
    ],
    ["a line of Spark's shell", '$line14.$read$$iw$$iw$$iw.main(<console>:12)', '$line.$read$$iw#main'],
    ['a specialised class', 'com.acme.Vec$mcD$sp.apply$mcD$sp(Vec.scala:1)', 'com.acme.Vec#apply'],
    ['a lazy value', 'com.acme.Job.x$lzyINIT1(Job.scala:1)', 'com.acme.Job#x$lzyINIT'],
    ['a function of Kotlin that suspends and is open', 'com.acme.K.find$suspendImpl(K.kt:1)', 'com.acme.K#find'],
    [
      'a tag of a JSP',
      'org.apache.jsp.index_jsp._jspx_meth_c_005fif_0(index_jsp.java:100)',
      'org.apache.jsp.index_jsp#_jspx_meth_c_005fif_',
    ],
    [
      'a rule of Drools',
      'com.acme.rules.Rule_Check_order_1583920394.defaultConsequence(x.java:7)',
      'com.acme.rules.Rule_Check_order#defaultConsequence',
    ],
    [
      "Trino's generated class",
      'io.trino.$gen.CursorProcessor_20231015_120000_123.process(Unknown Source)',
      'io.trino.$gen.CursorProcessor#process',
    ],
    ['a class that says by what it is sorted', 'com.acme.Orders$SortedByName.of(Orders.java:1)', 'com.acme.Orders$SortedByName#of'],
    ['a class with a year', 'com.acme.Report2024.run(Report2024.java:1)', 'com.acme.Report2024#run'],
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
