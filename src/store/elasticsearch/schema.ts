/**
 * What `setup` puts into Elasticsearch: the merge script, and a template for the day indices and for the ledger. Plain JSON; nothing in it
 * needs index life-cycle management, data streams or a paid licence.
 *
 * Day indices are called `<name>-detail-2026.11.21-v1` and written through the alias without `-v1`, with `require_alias`, so that no
 * write can make an index by accident. Everything is read through the alias `<name>-detail`.
 */
import { createHash } from 'node:crypto'
import type { ElasticsearchSettings } from '../../config/schema.ts'
import type { Names } from '../../config/names.ts'
import { KEPT, type SetName } from '../detail-store.ts'

/** Raised only where a field changes its type: two versions of the program that run side by side must name the same index. Fields may be added. */
const MAPPING_VERSION = 1

/** Under which name a document shows each of its bounded sets. */
const SHOWN: Readonly<Record<SetName, string>> = {
  hosts: 'hosts',
  messages: 'messages',
  stacks: 'fp_stacks',
  previous: 'fp_prev',
  operators: 'operators',
}

const keepSets = Object.entries(SHOWN).map(
  ([name, field]) => `keep(source, '${name}', '${field}', params.${name}, ${KEPT[name as SetName]});`,
) // the keys of SHOWN are SetName

/** The merge law of detail-store.ts. `n` is absolute for its block. Documents add to `count`; ledger entries to each of `counts`. */
const MERGE_SCRIPT = `
void keep(def source, String name, String field, def more, int k) {
  TreeMap all = new TreeMap();
  if (source.kept[name] != null) { all.putAll(source.kept[name]); }
  if (more != null) { all.putAll(more); }
  while (all.size() > k) { all.pollLastEntry(); }
  if (all.isEmpty()) { return; }
  source.kept[name] = all;
  source[field] = new ArrayList(all.values());
}
def source = ctx._source;
if (source.marks == null) { source.marks = new HashMap(); }
boolean changed = false;
for (def part : params.parts) {
  if (part.next != null && (source.reached == null || part.next > source.reached)) { source.reached = part.next; }
  def mark = source.marks.get(part.c);
  boolean newer = mark == null || part.b > mark.b;
  if (!newer && (part.b < mark.b || part.n <= mark.n)) { continue; }
  changed = true;
  if (part.counts == null) {
    source.count += newer ? part.n : part.n - mark.n;
    source.marks.put(part.c, ['b': part.b, 'n': part.n]);
  } else {
    if (!newer) {
      for (def entry : mark.counts.entrySet()) { source.counts[entry.getKey()] = source.counts[entry.getKey()] - entry.getValue(); }
    }
    for (def entry : part.counts.entrySet()) {
      def before = source.counts.get(entry.getKey());
      source.counts[entry.getKey()] = (before == null ? 0 : before) + entry.getValue();
    }
    source.marks.put(part.c, ['b': part.b, 'n': part.n, 'counts': part.counts]);
  }
}
if (!changed) { ctx.op = 'none'; return; }
if (params.first != null) {
  if (source.first_seen == null || params.first < source.first_seen) { source.first_seen = params.first; }
  if (source.last_seen == null || params.last > source.last_seen) { source.last_seen = params.last; }
  if (source.kept == null) { source.kept = new HashMap(); }
  ${keepSets.join('\n  ')}
}
`.trim()

/** The name changes with the script, so that two versions of the program can run side by side. */
export function scriptId(names: Names): string {
  return `${names.detailIndex}-merge-${createHash('sha256').update(MERGE_SCRIPT).digest('hex').slice(0, 8)}`
}

export function mergeScript(): { lang: string; source: string } {
  return { lang: 'painless', source: MERGE_SCRIPT }
}

const keyword = { type: 'keyword', ignore_above: 1_024 }
const date = { type: 'date', format: 'strict_date_optional_time||epoch_millis' }
const text = { type: 'text' }
/** Kept in the source, neither parsed nor searchable. */
const opaque = { type: 'object', enabled: false }

export function detailTemplate(names: Names, settings: ElasticsearchSettings) {
  return {
    index_patterns: [`${names.detailIndex}-*`],
    priority: 500,
    template: {
      settings: {
        number_of_shards: settings.shards,
        number_of_replicas: settings.replicas,
        refresh_interval: `${settings.refreshSeconds}s`,
      },
      aliases: { [names.detailIndex]: {} },
      mappings: {
        dynamic: false,
        _meta: { tracefold_mapping: MAPPING_VERSION },
        properties: {
          '@timestamp': date,
          job: keyword,
          fingerprint: keyword,
          fp_prev: keyword,
          fp_site: keyword,
          fp_stacks: keyword,
          title: { ...text, fields: { keyword } },
          culprit: keyword,
          why: text,
          category: keyword,
          severity: keyword,
          rule: keyword,
          advice: text,
          link: keyword,
          count: { type: 'long' },
          first_seen: date,
          last_seen: date,
          hosts: keyword,
          operators: keyword,
          messages: text,
          message: text,
          message_template: keyword,
          // As the event's own clock says it, which may be any number.
          sample_time: { ...date, ignore_malformed: true },
          operator: keyword,
          subtask: { type: 'long', ignore_malformed: true },
          layout: keyword,
          envelopes: keyword,
          truncated: { type: 'boolean' },
          labels: { type: 'flattened', ignore_above: 1_024 },
          tags: keyword,
          log: { properties: { level: keyword, logger: keyword } },
          process: { properties: { thread: { properties: { name: keyword } } } },
          host: { properties: { name: keyword } },
          service: { properties: { name: keyword, version: keyword, environment: keyword } },
          error: {
            properties: {
              type: keyword,
              root_type: keyword,
              message: text,
              stack_trace: text,
              grouping_key: keyword,
            },
          },
          marks: opaque,
          kept: opaque,
        },
      },
    },
  }
}

export function ledgerTemplate(names: Names, settings: ElasticsearchSettings) {
  return {
    index_patterns: [`${names.ledgerIndex}-v*`],
    priority: 500,
    template: {
      settings: { number_of_shards: 1, number_of_replicas: settings.replicas, refresh_interval: `${settings.refreshSeconds}s` },
      mappings: {
        dynamic: false,
        properties: {
          kind: keyword,
          branch: keyword,
          contributor: keyword,
          day: { type: 'date', format: 'strict_date' },
          reached: { type: 'long' },
          counts: opaque,
          marks: opaque,
        },
      },
    },
  }
}

/** The alias that a window's documents are written through: `<name>-detail-2026.11.21`. */
export function dayAlias(names: Names, windowMs: number): string {
  return `${names.detailIndex}-${new Date(windowMs).toISOString().slice(0, 10).replaceAll('-', '.')}`
}

/** The index behind a day's alias. */
export function dayIndex(alias: string): string {
  return `${alias}-v${MAPPING_VERSION}`
}

/** Start of the day that an alias or index of `dayAlias` stands for, or null for anything else (a copy that somebody made, say). */
export function dayOf(names: Names, index: string): number | null {
  const match = index.startsWith(`${names.detailIndex}-`)
    ? /^(\d{4})\.(\d{2})\.(\d{2})(?:-v\d+)?$/.exec(index.slice(names.detailIndex.length + 1))
    : null
  return match === null ? null : Date.UTC(Number(match[1]), Number(match[2]) - 1, Number(match[3]))
}
