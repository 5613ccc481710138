/** Pairs of what programs really say: the same error with other data is one group, two errors are two. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { createFingerprinter } from '../../../src/fingerprint/fingerprint.ts'
import { anEvent } from '../../support/builders.ts'

const fingerprint = createFingerprinter({ ownPackages: [] })
const SITE = '\n\tat com.acme.Client.call(Client.java:7)'

type Pair = readonly [name: string, one: string, other: string]

/** What a logger said, without a throwable. */
function said(message: string) {
  return fingerprint(anEvent({ throwable: null, message }))
}

/** `type: message`, thrown at one site. */
function thrown(text: string) {
  return fingerprint(anEvent({ throwable: { form: 'text', type: null, message: null, text: text + SITE } }))
}

const ONE_THROWN: readonly Pair[] = [
  [
    'an answer of HTTP with another body',
    'org.springframework.web.client.HttpClientErrorException$NotFound: 404 Not Found: "{"message":"customer joe unknown","traceId":"abc"}"',
    'org.springframework.web.client.HttpClientErrorException$NotFound: 404 Not Found: "{"message":"customer ann is gone","traceId":"def","at":null}"',
  ],
  [
    'a file with blanks in its name, on Windows',
    'java.io.FileNotFoundException: C:\\Program Files\\app\\x.log (The system cannot find the path specified)',
    'java.io.FileNotFoundException: D:\\my data of june\\y z.log (The system cannot find the path specified)',
  ],
  [
    'a file with brackets in its name',
    'java.io.FileNotFoundException: /tmp/a b/c (1).csv (No such file or directory)',
    'java.io.FileNotFoundException: out.csv (No such file or directory)',
  ],
  ['a file that nio misses', 'java.nio.file.NoSuchFileException: /tmp/a b', 'java.nio.file.NoSuchFileException: x y.txt'],
  [
    'a file that nio cannot move',
    'java.nio.file.FileSystemException: /a b -> /c d: No space left on device',
    'java.nio.file.FileSystemException: e.txt -> f.txt: No space left on device',
  ],
]

const TWO_THROWN: readonly Pair[] = [
  [
    'two statuses that Elasticsearch answers',
    'org.elasticsearch.client.ResponseException: method [POST], host [http://es:9200], URI [/a/_bulk], status line [HTTP/1.1 429 Too Many Requests]',
    'org.elasticsearch.client.ResponseException: method [POST], host [http://es:9200], URI [/a/_bulk], status line [HTTP/1.1 404 Not Found]',
  ],
  [
    'two response codes of an URL',
    'java.io.IOException: Server returned HTTP response code: 503 for URL: http://a/b',
    'java.io.IOException: Server returned HTTP response code: 401 for URL: http://a/b',
  ],
  [
    'two SQL states that Spring does not know',
    'org.springframework.jdbc.UncategorizedSQLException: StatementCallback; SQL [x]; SQL state [40001]; error code [1213]; stop',
    'org.springframework.jdbc.UncategorizedSQLException: StatementCallback; SQL [x]; SQL state [25006]; error code [1290]; stop',
  ],
  [
    'two codes of one general SQL state',
    'org.springframework.dao.TransientDataAccessResourceException: x; SQL state [HY000]; error code [1205]; stop',
    'org.springframework.dao.TransientDataAccessResourceException: x; SQL state [HY000]; error code [1290]; stop',
  ],
  ['two codes in objects', 'com.acme.E: {"code":"X1","id":"a"}', 'com.acme.E: {"code":"X2","id":"a"}'],
  [
    'two reasons why a file cannot be opened',
    'java.io.FileNotFoundException: /a/b (Permission denied)',
    'java.io.FileNotFoundException: /a/b (Is a directory)',
  ],
]

const ONE_SAID: readonly Pair[] = [
  ['an event with other data', '{"event":"login_failed","user":"a"}', '{"event":"login_failed","user":"b c"}'],
]

const TWO_SAID: readonly Pair[] = [
  ['two events', '{"event":"login_failed"}', '{"event":"payment_failed"}'],
  ['two events of snake case', '{"event":"order_created"}', '{"event":"order_shipped"}'],
]

describe('one group has', () => {
  it.each(ONE_THROWN)('%s', (_, one, other) => {
    expect(thrown(one)).toMatchObject({ fp: thrown(other).fp, fpStack: thrown(other).fpStack })
  })
  it.each(ONE_SAID)('%s', (_, one, other) => expect(said(one).fp).toBe(said(other).fp))
})

describe('groups of their own have', () => {
  it.each(TWO_THROWN)('%s', (_, one, other) => {
    expect(thrown(one).fp).not.toBe(thrown(other).fp)
    expect(thrown(one).fpSite).toBe(thrown(other).fpSite)
  })
  it.each(TWO_SAID)('%s', (_, one, other) => expect(said(one).fp).not.toBe(said(other).fp))
})

interface Row {
  readonly groups: 1 | 2
  readonly as: 'thrown' | 'said'
  readonly texts: readonly [string, string]
}

describe('in as many groups as they are errors are', () => {
  const rows = readFileSync(new URL('../../data/fingerprint-pairs.ndjson', import.meta.url), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Row) // our own data file

  it.each(rows.map(({ texts, ...row }) => [row.groups, ...texts, row.as] as const))('%i: %s', (groups, one, other, as) => {
    const fp = as === 'thrown' ? thrown : said
    expect(new Set([fp(one).fp, fp(other).fp]).size, `${fp(one).title}\n${fp(other).title}`).toBe(groups)
  })
})
