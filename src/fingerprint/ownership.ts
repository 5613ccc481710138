/**
 * In: the packages that the operator calls his own. Out: whose code a class is: own, a library's, or the platform's.
 *
 * Order: the operator's packages, then the lists below, then own: a package that nobody knows is the job's. A name covers
 * itself and everything below it. A change of a list moves keys: it is a new version: see algorithms.ts.
 */

/** own: the job's; library: of a known library; platform: of the JDK or a language, where everybody's errors surface. */
export type Owner = 'own' | 'library' | 'platform'

const PLATFORM = [
  'java',
  'javax',
  'jakarta',
  'jdk',
  'sun',
  'com.sun',
  'com.ibm.oti',
  'com.oracle.svm',
  'org.graalvm',
  'org.xml.sax',
  'org.w3c.dom',
  'scala',
  'kotlin',
  'kotlinx',
  'groovy',
  'groovyx',
  'clojure.lang',
  'clojure.core',
]

const LIBRARIES = [
  // foundations and frameworks
  'org.apache',
  'org.springframework',
  'org.hibernate',
  'io.netty',
  'reactor',
  'com.fasterxml',
  'akka',
  'com.typesafe',
  'play.api',
  'io.vertx',
  'io.quarkus',
  'io.smallrye',
  'io.micronaut',
  'io.helidon',
  'io.dropwizard',
  'io.ktor',
  'io.grpc',
  'io.reactivex',
  'rx',
  'org.reactivestreams',
  'org.codehaus',
  'org.jboss',
  'org.wildfly',
  'org.glassfish',
  'org.eclipse.persistence',
  'org.osgi',
  'cats',
  'zio',
  'fs2',
  'com.twitter.util',
  'com.twitter.finagle',
  'com.google.common',
  'com.google.protobuf',
  'com.google.inject',
  'com.google.gson',
  'com.google.api',
  'com.google.cloud',
  'com.esotericsoftware',
  'com.twitter.chill',
  'com.lmax.disruptor',
  'io.airlift',
  'it.unimi.dsi',
  'org.joda.time',
  'org.yaml.snakeyaml',
  'org.json',
  'net.minidev',
  'com.jayway.jsonpath',
  'org.jetbrains',
  'org.quartz',
  'org.kie',
  'org.drools',
  'org.camunda',
  'org.mvel2',
  'org.mozilla.javascript',
  'org.python',
  'org.jruby',
  'org.bouncycastle',
  'com.nimbusds',
  'io.jsonwebtoken',
  'org.flywaydb',
  'liquibase',
  'freemarker',
  'org.thymeleaf',
  'com.github.benmanes.caffeine',
  'org.ehcache',
  'net.sf.ehcache',
  'com.hazelcast',
  'org.infinispan',
  'org.redisson',
  'io.github.resilience4j',
  // streams and storage
  'io.confluent',
  'io.debezium',
  'com.ververica',
  'com.alibaba.ververica',
  'io.delta',
  'io.trino',
  'io.prestosql',
  'com.starrocks',
  'net.jpountz',
  'org.xerial.snappy',
  'com.github.luben.zstd',
  // servers and clients
  'org.eclipse.jetty',
  'io.undertow',
  'okhttp3',
  'okio',
  'retrofit2',
  'feign',
  'com.netflix',
  'com.alibaba.druid',
  'com.alibaba.fastjson',
  'com.alibaba.nacos',
  'com.alibaba.csp.sentinel',
  'com.squareup',
  'com.rabbitmq',
  'io.nats',
  'org.asynchttpclient',
  'io.fabric8.kubernetes',
  'io.kubernetes.client',
  // drivers
  'com.mysql',
  'org.mariadb',
  'org.postgresql',
  'oracle.jdbc',
  'oracle.net',
  'com.microsoft.sqlserver',
  'com.ibm.db2',
  'org.h2',
  'org.hsqldb',
  'org.sqlite',
  'com.zaxxer',
  'com.mchange',
  'org.jooq',
  'com.baomidou',
  'io.r2dbc',
  'redis.clients',
  'io.lettuce',
  'com.mongodb',
  'com.datastax',
  'com.couchbase',
  'org.neo4j',
  'org.elasticsearch',
  'org.opensearch',
  'co.elastic',
  'ru.yandex.clickhouse',
  'com.clickhouse',
  'org.rocksdb',
  'com.amazonaws',
  'software.amazon',
  'com.azure',
  'com.microsoft.azure',
  'com.aliyun',
  'net.snowflake',
  // logging, telemetry, aspects, tests
  'org.slf4j',
  'ch.qos.logback',
  'io.micrometer',
  'io.opentelemetry',
  'io.opentracing',
  'io.jaegertracing',
  'brave',
  'zipkin2',
  'io.prometheus',
  'com.codahale.metrics',
  'io.sentry',
  'com.newrelic',
  'com.dynatrace',
  'datadog',
  'com.navercorp.pinpoint',
  'net.sf.cglib',
  'org.aopalliance',
  'org.aspectj',
  'net.bytebuddy',
  'javassist',
  'junit',
  'org.junit',
  'org.testng',
  'org.mockito',
  'org.gradle',
  'com.intellij.rt',
]

/** Groovy's call machinery, wherever it is packaged. */
const GROOVY_CALLS = /\b(?:IndyInterface|ScriptBytecodeAdapter|CallSite)\b/

/** Helpers that only throw: the site is whoever called them. */
const ONLY_THROW =
  /(?:^|[.$])(?:\w{0,40}(?:Asserts?|Assertions|Preconditions)|(?:Param|Arg|Argument|Null)?Checks?|Validate)#|#(?:fail|check(?:NotNull|Argument|State|ElementIndex|PositionIndex)|require(?:NonNull|NotNull|NonEmpty)|nullNotPermitted|throwIf\w{0,60})$/

/** Of PySpark, whose frames name files: what is installed, and Python's own. */
const PYTHON_LIBRARY = /[\\/](?:site-packages|dist-packages|pyspark|py4j|lib[\\/]python[\d.]+)[\\/]/

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
      return covers(libraries, className) || (className.includes('.py') && PYTHON_LIBRARY.test(className)) ? 'library' : 'own'
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
