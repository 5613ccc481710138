/**
 * In: a frame. Out: its normal form `class#method`, or null where the frame does not count in any key: it was generated
 * (proxies, lambdas, accessors), so it comes and goes with the JVM, its options and the number of calls made.
 *
 * Invariant: what a rebuild or a restart renumbers is cut; two named methods never get one form. Line numbers never count.
 * A pattern here is part of the fingerprint: a change that moves a key is a new version: see algorithms.ts. Pure; never throws.
 */
import type { Frame } from '../event.ts'
import { shortForms } from './abbreviated.ts'

/** Packages whose frames only pass a call on. */
const DROPPED_PACKAGES = [
  'java.lang.invoke.', // method handles and lambda forms
  'java.lang.reflect.',
  'jdk.internal.reflect.', // NativeMethodAccessorImpl at first, GeneratedMethodAccessor36 after 15 calls
  'sun.reflect.',
  'com.sun.proxy.',
  '_COROUTINE.', // Kotlin's stack recovery
]
/** As Logback shortens them; `s.r.` may be anybody's. */
const SHORT_PACKAGES = DROPPED_PACKAGES.flatMap((name) => shortForms(name.slice(0, -1), name.startsWith('j'))).map((name) => `${name}.`)
const DROPPED_PARTS = [
  '$$Lambda',
  '$$ExternalSynthetic', // $$Lambda$30/2081171245, $$Lambda/0x000000005e1d0458; R8 numbers the lambdas that it writes out
  '$$InternalSynthetic',
  '$$EnhancerBy',
  '$EnhancerBy',
  '$$FastClassBy',
  '$FastClassBy',
  '$$KeyFactoryBy',
  '$$SpringCGLIB$$', // CGLIB, Guice
  '$$SpringProxy$',
  '$ByteBuddy$',
  '$HibernateProxy',
  '$HibernateBasicProxy',
  '$HibernateInstantiator',
  '$HibernateAccessOptimizer',
  '$MockitoMock$',
  '$auxiliary$',
  '_$$_Weld', // Byte Buddy and its users, Weld
  '$$Owb', // OpenWebBeans
  '$Definition$Intercepted', // Micronaut
  '$quarkusrestinvoker$',
  '_$$_javassist',
  '_$$_jvst', // Javassist
  '$Access4Jackson',
  '$$$view', // Jackson's afterburner, views of JBoss
]
/** No real name is as long; what a producer made up is cut, so that the work is bounded. */
const MAX_NAME_CHARS = 1_024
/** Of the JDK, also for single methods (Java 22); of Aries, named by a UUID; of Dubbo. */
const PROXY = /\$Proxy\d+$|^jdk\.(?:MH)?[pP]roxy\d+\.|(?:^|\.)Proxy[0-9a-f]{8}_[0-9a-f]{4}_|Dubbo(?:Proxy|Wrap)\d+$/
/** `String$$StringConcat/0x00007f1c5c1cc898`: a JVM makes it up, and shows it only when asked for hidden frames. */
const HIDDEN_CLASS = /\/(?:0x[0-9a-f]+|\d+)$|\+0x[0-9a-f]+$/
/** What else CGLIB and Guice make: `$$BulkBeanByCGLIB$$ab12cd34`. */
const MADE_BY = String.raw`\$\w{1,64}By\w{1,64}\$\$`
const DROPPED_PART = RegExp([MADE_BY, ...DROPPED_PARTS.map((part) => part.replaceAll('$', '\\$'))].join('|'))
/** Of Quarkus; its interceptors call through `S_Subclass$$function$$1`. */
const ARC = /_(?:ClientProxy|Subclass(?:\$\$function\$\$\d+)?)$/
/** The accessors of Byte Buddy's agents among them: `run$original$4bJvYI1a$accessor$Nd1dsd`. */
const DROPPED_METHOD = /^access\$|^CGLIB\$|\$anonfun\$(?:.*\$)?adapted(?:\$\d+)?$|^\$jacocoInit$|\$accessor\$\w+$|^-\$\$Nest\$/

export function normaliseFrame(frame: Frame): string | null {
  const className = bounded(frame.className)
  const method = bounded(frame.method)
  if (isDropped(className, method)) return null
  return `${normaliseClass(className, method)}#${normaliseMethod(method)}`
}

function isDropped(className: string, method: string): boolean {
  if (DROPPED_PACKAGES.some((name) => className.startsWith(name)) || PROXY.test(className)) return true
  if (className[1] === '.' && SHORT_PACKAGES.some((name) => className.startsWith(name))) return true
  if (className.includes('$') && DROPPED_PART.test(className)) return true
  if (className.includes('_') && ARC.test(className)) return true
  if (/[/+]/.test(className) && HIDDEN_CLASS.test(className)) return true
  return method.includes('$') && DROPPED_METHOD.test(method)
}

/** Also for the class names of exceptions, where `method` is empty. */
export function normaliseClass(name: string, method = ''): string {
  const className = bounded(name)
  if (className.endsWith('.py')) return withoutNumberedFolders(className)
  if (!/\$|^[sS]cript_?[\da-f]|\d$/.test(className)) return className
  const named = className
    .replace(/^(script)(?:\d+|_[0-9a-f]{32})/i, '$1') // a Groovy shell numbers its scripts; a server names them by their hash
    .replace(/_(closure|lambda)\d+/g, '_$1')
    .replace(/\$(fn|eval|reify)_{0,2}\d+/g, '$$$1') // Clojure
    .replace(/_?\d{6,}(?:_\d+)*$/, '') // Drools, Avro, Trino: a hash, a time
    .replace(/__\d+/g, '')
    .replace(/^\$line[0-9a-f]+(?=\.\$)/, '$$line') // Spark's shell numbers its lines, and nests each one in as many objects as it likes
    .replace(/(?:\$\$iw)+/g, '$$$$iw')
    .replace(/\$mc\w+\$sp$/, '')
    .replace(/(\$\$anonfun\$[^$]+)\$\d+/g, '$1') // Scala 2.11
    .replace(/(CodegenStage|AjcClosure|ASMAccessorImpl_|_pyx|^spel\.Ex)\d+$/, '$1') // Spark, AspectJ, MVEL, Jython, Spring's expressions
  return withoutNumbers(named, method === 'invokeSuspend')
}

function bounded(name: string): string {
  return name.length > MAX_NAME_CHARS ? name.slice(0, MAX_NAME_CHARS) : name
}

/** Of Python a frame names the file, which Spark copies to a new folder for each run: `/tmp/spark-1f/userFiles-2e/etl/job.py`. */
function withoutNumberedFolders(file: string): string {
  const parts = file.split(/[\\/]/)
  return parts.slice(parts.findLastIndex((part, i) => i < parts.length - 1 && /\d/.test(part)) + 1).join('/')
}

/** Anonymous (`Orders$1`) and local (`Orders$1Line`) classes: an edit elsewhere renumbers them. A coroutine leaves no mark of them. */
function withoutNumbers(name: string, isCoroutine: boolean): string {
  const [outer = '', ...inner] = name.split('$')
  let out = outer
  let marked = isCoroutine
  for (const part of inner) {
    if (/^\d+$/.test(part)) {
      if (!marked) out += '$'
      marked = true
    } else {
      out += `$${part.replace(/^\d+(?=\p{L})/u, '')}`
      marked = isCoroutine
    }
  }
  return out
}

function normaliseMethod(method: string): string {
  if (!method.includes('$')) return method.replace(/(_aroundBody|^_jspx_meth_\w+_|_split)\d+$/, '$1') // AspectJ, JSP, Flink
  return method
    .replace(/^(lambda\$[^$]*)(?:\$[0-9a-f]{8})?\$\d+$/, '$1')
    .replace(/\$original\$\w+$/, '') // Byte Buddy's agents rename what they instrument
    .replace(/_\d+\$$/, '') // Spark's generated code
    .replace(/\$mc\w+\$sp$/, '') // Scala specialisation
    .replace(/^liftedTree\d+/, 'liftedTree')
    .replace(/(\$lzyINIT)\d+$/, '$1')
    .replace(/\$lambda[-$]\d+/g, '$$lambda') // Kotlin
    .replace(/\$(?:default|suspendImpl)$/, '') // Kotlin, default arguments and open functions that suspend
    .replace(/\$\d+(?=\$|$)/g, '') // Scala: `$anonfun$run$1`, `inner$1` (a method within a method), `liftedTree1$1`
}
