/**
 * In: the packages that the operator calls his own. Out: whose code a class is: own, a library's, or the platform's.
 *
 * Order: the operator's packages, then the lists below, then own: a package that nobody knows is the job's. A name covers
 * itself and everything below it. A change of a list moves keys: it needs a new FINGERPRINT_VERSION.
 */

/** own: the job's; library: of a known library; platform: of the JDK or a language, where everybody's errors surface. */
export type Owner = 'own' | 'library' | 'platform'

const PLATFORM = ['java', 'javax', 'jakarta', 'jdk', 'sun', 'com.sun', 'scala', 'kotlin', 'kotlinx', 'groovy', 'groovyx', 'clojure.lang', 'clojure.core']

const LIBRARIES = [
  // foundations and frameworks
  'org.apache', 'org.springframework', 'org.hibernate', 'io.netty', 'reactor', 'com.fasterxml', 'akka', 'io.vertx', 'io.quarkus',
  'io.smallrye', 'io.micronaut', 'io.grpc', 'io.reactivex', 'rx', 'org.reactivestreams', 'org.codehaus', 'org.jboss', 'org.wildfly', 'org.glassfish',
  'com.google.common', 'com.google.protobuf', 'com.google.inject', 'com.google.gson', 'com.esotericsoftware', 'com.twitter.chill',
  // servers and clients
  'org.eclipse.jetty', 'io.undertow', 'okhttp3', 'okio', 'retrofit2', 'feign', 'com.netflix', 'com.alibaba.druid', 'com.alibaba.fastjson',
  // drivers
  'com.mysql', 'org.mariadb', 'org.postgresql', 'oracle.jdbc', 'com.microsoft.sqlserver', 'org.h2', 'org.sqlite', 'com.zaxxer', 'redis.clients',
  'io.lettuce', 'com.mongodb', 'com.datastax', 'org.elasticsearch', 'co.elastic', 'ru.yandex.clickhouse', 'com.clickhouse', 'org.rocksdb',
  'com.amazonaws', 'software.amazon',
  // logging, telemetry, aspects, tests
  'org.slf4j', 'ch.qos.logback', 'io.micrometer', 'io.opentelemetry', 'io.prometheus', 'net.sf.cglib', 'org.aopalliance', 'org.aspectj', 'net.bytebuddy',
  'javassist', 'junit', 'org.junit', 'org.testng', 'org.mockito', 'org.gradle', 'com.intellij.rt',
]

/** Groovy's call machinery, wherever it is packaged. */
const GROOVY_CALLS = /\b(?:IndyInterface|ScriptBytecodeAdapter|CallSite)\b/

/** Helpers that only throw: the site is whoever called them. */
const ONLY_THROW = /(?:^|[.$])(?:Assert|Asserts|Assertions|Preconditions|Validate|Checks?)#|#fail$/

export interface Ownership {
  /** Of a class name, normalised or not. */
  ownerOf(className: string): Owner
}

interface Packages {
  readonly names: ReadonlySet<string>
  /** Dotted parts of the longest name: more of a class name need not be looked at, however long it is. */
  readonly depth: number
}

export function createOwnership(ownPackages: readonly string[]): Ownership {
  const own = packagesOf(ownPackages)
  return {
    ownerOf: (className) => {
      if (covers(own, className)) return 'own'
      if (covers(platform, className) || GROOVY_CALLS.test(className)) return 'platform'
      return covers(libraries, className) ? 'library' : 'own'
    },
  }
}

/** `normalFrame` as `class#method`. */
export function onlyThrows(normalFrame: string): boolean {
  return ONLY_THROW.test(normalFrame)
}

const platform = packagesOf(PLATFORM)
const libraries = packagesOf(LIBRARIES)

function packagesOf(names: readonly string[]): Packages {
  return { names: new Set(names), depth: Math.max(0, ...names.map((name) => name.split('.').length)) }
}

function covers({ names, depth }: Packages, className: string): boolean {
  let end = -1
  for (let parts = 0; parts < depth; parts++) {
    end = className.indexOf('.', end + 1)
    if (end < 0) return names.has(className) || names.has(className.split('$', 1)[0]!) // clojure.core$eval
    if (names.has(className.slice(0, end))) return true
  }
  return false
}
