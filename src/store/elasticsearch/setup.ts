/**
 * Makes what the detail branch needs in Elasticsearch, and checks that it is there. Repeatable; changes nothing that is right already.
 */
import type { Client } from '@elastic/elasticsearch'
import type { ElasticsearchSettings } from '../../config/schema.ts'
import type { Names } from '../../config/names.ts'
import { ledgerAlias, ledgerIndex } from './documents.ts'
import { detailTemplate, ledgerTemplate, mergeScript, scriptId } from './schema.ts'

/** Resolves with one line for each thing made. */
export async function setUpElasticsearch(client: Client, names: Names, settings: ElasticsearchSettings): Promise<string[]> {
  await client.putScript({ id: scriptId(names), script: mergeScript() })
  const detail = detailTemplate(names, settings)
  await client.indices.putIndexTemplate({ name: names.detailIndex, ...detail } as never) // the client's type wants exact literals
  await client.indices.putIndexTemplate({ name: names.ledgerIndex, ...ledgerTemplate(names, settings) } as never)
  if (!(await client.indices.existsAlias({ name: ledgerAlias(names) }))) {
    await client.indices.create({ index: ledgerIndex(names), aliases: { [ledgerAlias(names)]: {} } }).catch((error: unknown) => {
      if (!String(error).includes('resource_already_exists')) throw error // another setup was faster
    })
  }
  await addFields(client, names, detail.template.mappings.properties)
  return [
    `script ${scriptId(names)}`,
    `index template ${names.detailIndex}`,
    `index template ${names.ledgerIndex}`,
    `index ${ledgerIndex(names)}`,
  ]
}

/** What `setup` has still to make; empty when all is there. Rejects where Elasticsearch is away. */
export async function missingInElasticsearch(client: Client, names: Names): Promise<string[]> {
  const missing: string[] = []
  const script = await client.getScript({ id: scriptId(names) }, { ignore: [404] })
  if (!script.found) missing.push(`script ${scriptId(names)}`)
  for (const name of [names.detailIndex, names.ledgerIndex]) {
    if (!(await client.indices.existsIndexTemplate({ name }))) missing.push(`index template ${name}`)
  }
  if (!(await client.indices.existsAlias({ name: ledgerAlias(names) }))) missing.push(`index ${ledgerIndex(names)}`)
  return missing
}

/** A template speaks of indices to come. The days that are there get the fields that an earlier version did not know. */
async function addFields(client: Client, names: Names, properties: object): Promise<void> {
  if (!(await client.indices.existsAlias({ name: names.detailIndex }))) return
  await client.indices.putMapping({ index: names.detailIndex, properties } as never) // the client's type wants exact literals
}
