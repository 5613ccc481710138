/**
 * In: a frame. Out: its normal form `class#method`, or null where the frame does not count in any key: it was generated
 * (proxies, lambdas, accessors), so it comes and goes with the JVM, its options and the number of calls made.
 *
 * Invariant: what a rebuild or a restart renumbers is cut; two named methods never get one form. Line numbers never count.
 * A pattern here is part of the fingerprint: a change that moves a key needs a new FINGERPRINT_VERSION. Pure; never throws.
 */
import type { Frame } from '../event.ts'

/** Packages whose frames only pass a call on. */
const DROPPED_PACKAGES = [
  'java.lang.invoke.', // method handles and lambda forms
  'java.lang.reflect.',
  'jdk.internal.reflect.', // NativeMethodAccessorImpl at first, GeneratedMethodAccessor36 after 15 calls
  'sun.reflect.',
  'com.sun.proxy.',
  '_COROUTINE.', // Kotlin's stack recovery
]
const DROPPED_PARTS = [
  '$$Lambda', // $$Lambda$30/2081171245, $$Lambda/0x000000005e1d0458
  '$$EnhancerBy', '$EnhancerBy', '$$FastClassBy', '$FastClassBy', '$$SpringCGLIB$$', // CGLIB, Guice
  '$ByteBuddy$', '$HibernateProxy$', '$MockitoMock$', '$auxiliary$', '_$$_Weld', // Byte Buddy and its users, Weld
  '_$$_javassist', '_$$_jvst', // Javassist
]
/** No real name is as long; what a producer made up is cut, so that the work is bounded. */
const MAX_NAME_CHARS = 1_024
const PROXY = /(?:^|\.)\$Proxy\d+$|^jdk\.proxy\d+\./
const DROPPED_METHOD = /^access\$\d+$|^CGLIB\$|^\$anonfun\$.*\$adapted$/

export function normaliseFrame(frame: Frame): string | null {
  const className = bounded(frame.className)
  const method = bounded(frame.method)
  if (isDropped(className, method)) return null
  return `${normaliseClass(className, method)}#${normaliseMethod(method)}`
}

function isDropped(className: string, method: string): boolean {
  if (DROPPED_PACKAGES.some((name) => className.startsWith(name)) || PROXY.test(className)) return true
  if (className.includes('$') && DROPPED_PARTS.some((part) => className.includes(part))) return true
  return DROPPED_METHOD.test(method)
}

/** Also for the class names of exceptions, where `method` is empty. */
export function normaliseClass(name: string, method = ''): string {
  const className = bounded(name)
  if (!/\$|^Script\d/.test(className)) return className
  const named = className
    .replace(/^Script\d+/, 'Script') // a Groovy shell numbers its scripts
    .replace(/_closure\d+/g, '_closure')
    .replace(/\$(fn|eval|reify)_{0,2}\d+/g, '$$$1') // Clojure
    .replace(/__\d+/g, '')
    .replace(/(\$\$anonfun\$[^$]+)\$\d+/g, '$1') // Scala 2.11
  return withoutNumbers(named, method === 'invokeSuspend')
}

function bounded(name: string): string {
  return name.length > MAX_NAME_CHARS ? name.slice(0, MAX_NAME_CHARS) : name
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
  if (!method.includes('$')) return method
  return method
    .replace(/^(lambda\$[^$]*)(?:\$[0-9a-f]{8})?\$\d+$/, '$1')
    .replace(/^(\$anonfun\$.*)\$\d+$/, '$1')
    .replace(/\$mc\w+\$sp$/, '') // Scala specialisation
    .replace(/\$lambda[-$]\d+/g, '$$lambda') // Kotlin
    .replace(/\$default$/, '') // Kotlin, default arguments
}
