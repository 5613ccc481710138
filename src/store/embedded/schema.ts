/**
 * The layout of the embedded database, and who may open it.
 *
 *   document -- mark (one for each contributor)          rollup -- rollup_host
 *      |-- identity, title / message / trace (text), sample    |-- job, series (all dimensions), message, host
 *      |-- document_previous (its keys by the rules before)
 *   position (branch, partition)    ledger (day, branch, contributor)    letter    log_name (what a file is called)
 *
 * What repeats is stored once, in tables of one shape (interner.ts): seq, hash, value, and the newest day of event time that uses it.
 * Every `..._ms` is milliseconds since the epoch. Rollup rows are kept for the minute, the hour and the day (`tier` is its length), so that
 * a week over many jobs reads few rows.
 *
 * A database is brought up to date where it is opened for writing, step by step, in one transaction. A new one takes all steps, so that
 * there is one layout, however a database came to it. A step that somebody has run is never changed: another one follows it.
 */
import { TracefoldError } from '../../errors.ts'
import type { Database } from '../sqlite.ts'

/** Tables of the interned shape, with columns of their own where queries need them. */
const INTERNED: Readonly<Record<string, string>> = {
  contributor: '',
  identity: '',
  text: '',
  job: '',
  host: '',
  message: '',
  series: ['job', 'fingerprint', 'exceptionClass', 'rootCauseClass', 'category']
    .map((name) => `, ${name} TEXT GENERATED ALWAYS AS (value ->> '${name}') STORED`)
    .join(''),
}

const BEGIN = `
${Object.entries(INTERNED)
  .map(([table, columns]) => internedTable(table, columns))
  .join('\n')}
CREATE TABLE document (
  seq INTEGER PRIMARY KEY, window_ms INTEGER NOT NULL, id TEXT NOT NULL, job TEXT NOT NULL, fingerprint TEXT NOT NULL,
  identity INTEGER NOT NULL, title INTEGER NOT NULL, message INTEGER, trace INTEGER,
  count INTEGER NOT NULL, first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL, kept TEXT NOT NULL,
  UNIQUE (window_ms, id)
);
CREATE INDEX document_job ON document (job, window_ms);
CREATE INDEX document_fingerprint ON document (fingerprint, window_ms);
CREATE INDEX document_title ON document (title, window_ms);
CREATE INDEX document_message ON document (message, window_ms) WHERE message IS NOT NULL;
CREATE INDEX document_trace ON document (trace, window_ms) WHERE trace IS NOT NULL;
CREATE TABLE sample (document INTEGER PRIMARY KEY, event TEXT NOT NULL);
CREATE TABLE mark (
  document INTEGER NOT NULL, contributor INTEGER NOT NULL, block INTEGER NOT NULL, n INTEGER NOT NULL,
  PRIMARY KEY (document, contributor)
) WITHOUT ROWID;
CREATE VIRTUAL TABLE text_index USING fts5 (body, content = '', contentless_delete = 1);

CREATE TABLE rollup (
  tier INTEGER NOT NULL, start_ms INTEGER NOT NULL, job INTEGER NOT NULL, series INTEGER NOT NULL,
  count INTEGER NOT NULL, first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL, message INTEGER,
  PRIMARY KEY (tier, start_ms, job, series)
) WITHOUT ROWID;
CREATE TABLE rollup_host (
  tier INTEGER NOT NULL, start_ms INTEGER NOT NULL, job INTEGER NOT NULL, series INTEGER NOT NULL, host INTEGER NOT NULL,
  PRIMARY KEY (tier, start_ms, job, series, host)
) WITHOUT ROWID;
CREATE INDEX series_fingerprint ON series (fingerprint);
CREATE INDEX series_exceptionClass ON series (exceptionClass);
CREATE INDEX series_rootCauseClass ON series (rootCauseClass);
CREATE INDEX series_category ON series (category);

CREATE TABLE position (
  branch TEXT NOT NULL, cluster TEXT NOT NULL, topic TEXT NOT NULL, partition INTEGER NOT NULL,
  incarnation INTEGER NOT NULL, next INTEGER NOT NULL, block INTEGER NOT NULL, rules TEXT NOT NULL, written_ms INTEGER NOT NULL,
  PRIMARY KEY (branch, cluster, topic, partition)
) WITHOUT ROWID;
CREATE TABLE ledger (
  day TEXT NOT NULL, branch TEXT NOT NULL, contributor TEXT NOT NULL, counts TEXT NOT NULL, block INTEGER, block_counts TEXT,
  PRIMARY KEY (day, branch, contributor)
) WITHOUT ROWID;
CREATE INDEX ledger_contributor ON ledger (contributor);
CREATE TABLE letter (id TEXT PRIMARY KEY, time_ms INTEGER NOT NULL, reason TEXT NOT NULL, letter TEXT NOT NULL, body BLOB NOT NULL);
CREATE INDEX letter_time ON letter (time_ms);
CREATE INDEX letter_reason ON letter (reason, time_ms);
CREATE TABLE format (version INTEGER NOT NULL);
INSERT INTO format VALUES (1);
`

/** Rules and their severity, and the keys that an error had by the rules before. (A column that is added cannot be a stored one.) */
const RULES_AND_PREVIOUS_KEYS = `
${['severity', 'rule', 'fingerprintPrevious'].map((name) => `ALTER TABLE series ADD COLUMN ${name} TEXT GENERATED ALWAYS AS (value ->> '${name}') VIRTUAL;`).join('\n')}
CREATE INDEX series_severity ON series (severity);
CREATE INDEX series_rule ON series (rule);
CREATE INDEX series_previous ON series (fingerprintPrevious, day) WHERE fingerprintPrevious IS NOT NULL;
CREATE TABLE document_previous (fingerprint TEXT NOT NULL, document INTEGER NOT NULL, PRIMARY KEY (fingerprint, document)) WITHOUT ROWID;
CREATE INDEX document_previous_document ON document_previous (document);
`

/** A file's partition is named by a hash of its content; people know it by its path. */
const LOG_NAMES = 'CREATE TABLE log_name (topic TEXT PRIMARY KEY, path TEXT NOT NULL) WITHOUT ROWID;'

/** From format n to n + 1. */
const STEPS = [BEGIN, RULES_AND_PREVIOUS_KEYS, LOG_NAMES]
const FORMAT = STEPS.length

/** Makes the tables in an empty database, and brings an older one up to date. Throws `store_corrupt` where the file is another program's, or of a newer version. */
export function prepareForWriting(db: Database): void {
  // Free pages can be given back to the disk only if this is set before the first table.
  db.exec(
    'PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -65536; PRAGMA journal_size_limit = 67108864',
  )
  const format = isEmpty(db) ? 0 : formatOf(db)
  if (format === FORMAT) return
  if (format === null || format > FORMAT) throw notOurs(db, format)
  db.transaction(() => {
    for (const step of STEPS.slice(format)) db.exec(step)
    db.prepare('UPDATE format SET version = ?').run(FORMAT)
  })
}

/** Throws `store_corrupt` where the file is not a database of this version. */
export function checkFormat(db: Database): void {
  const format = formatOf(db)
  if (format !== FORMAT) throw notOurs(db, format)
}

/** Null where the file has none. */
function formatOf(db: Database): number | null {
  const known = db.prepare("SELECT 1 FROM sqlite_master WHERE name = 'format'").get() !== undefined
  return known ? (db.prepare('SELECT version FROM format').get<{ version: number }>()?.version ?? null) : null
}

function notOurs(db: Database, format: number | null): TracefoldError {
  const found = format === null ? 'no format number' : `format ${format}`
  return new TracefoldError('store_corrupt', `${db.path} has ${found}; this version reads format ${FORMAT}. ${remedyFor(format)}`)
}

function remedyFor(format: number | null): string {
  if (format === null) return 'It is not a Tracefold database: give another folder (embedded.path).'
  if (format > FORMAT) return 'A newer version of Tracefold wrote it: run that one, or give this one another folder (embedded.path).'
  return 'An older version of Tracefold wrote it: `tracefold run` of this version brings it up to date.'
}

function isEmpty(db: Database): boolean {
  return db.prepare('SELECT 1 FROM sqlite_master LIMIT 1').get() === undefined
}

function internedTable(table: string, columns: string): string {
  return `CREATE TABLE ${table} (seq INTEGER PRIMARY KEY, hash BLOB NOT NULL UNIQUE, value TEXT NOT NULL, day INTEGER NOT NULL${columns});
CREATE INDEX ${table}_day ON ${table} (day);`
}
