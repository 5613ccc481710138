/** The OpenAPI page at /docs, made from the routes' zod schemas. */
import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance } from 'fastify'
import { createJsonSchemaTransform, createJsonSchemaTransformObject } from 'fastify-type-provider-zod'

/** Swagger UI writes style attributes; nothing else may be inline there either. */
const DOCS_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

/** zod says of every integer that it is safe, and of every time how it is spelt: true, and noise to a reader. */
const config: NonNullable<Parameters<typeof createJsonSchemaTransform>[0]>['zodToJsonConfig'] & object = {
  override: ({ jsonSchema }) => {
    if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum
    if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum
    if (jsonSchema.format !== undefined) delete jsonSchema.pattern
  },
}
const namedSchemas = createJsonSchemaTransformObject({ zodToJsonConfig: config })

/** Before the routes: what is registered later shows up in it. */
export async function registerDocs(app: FastifyInstance, version: string): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Tracefold',
        version,
        description: 'Top exceptions, trends and the state of the pipeline. Times are UTC; errors are application/problem+json.',
      },
      tags: [
        { name: 'exceptions', description: 'What fails, where, how often, since when.' },
        { name: 'alerts', description: 'What fires, the rules behind it, and who is told.' },
        { name: 'events', description: 'The way in over HTTP (embedded mode).' },
        { name: 'operations', description: 'The pipeline itself.' },
      ],
    },
    transform: createJsonSchemaTransform({ zodToJsonConfig: config }),
    transformObject: (document) => withoutPrefilledFilters(withoutInputTwins(namedSchemas(document))),
  })
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    uiConfig: { validatorUrl: null, layout: 'BaseLayout' },
    theme: { title: 'Tracefold API' },
    uiHooks: { onRequest: (_request, reply, next) => (reply.header('content-security-policy', DOCS_POLICY), next()) },
  })
}

/** Each named schema comes once more as `...Input`; ours are all answers, so nothing refers to those. */
function withoutInputTwins<T extends object>(document: T): T {
  const { components } = document as { components?: { schemas?: Record<string, unknown> } } // OpenAPI 3, as it was made above
  if (components?.schemas === undefined) return document
  const schemas = Object.fromEntries(Object.entries(components.schemas).filter(([name]) => !name.endsWith('Input')))
  return { ...document, components: { ...components, schemas } }
}

interface Parameter {
  readonly required?: boolean
  readonly schema?: { readonly default?: unknown }
  readonly example?: unknown
  readonly description?: string
}

/** The page fills every field in with its example. Of what may be left out, all examples at once ask for what nobody has: there the words have it. */
function withoutPrefilledFilters<T extends object>(document: T): T {
  const { paths = {} } = document as { paths?: Record<string, Record<string, { parameters?: Parameter[] }>> } // as above
  for (const operation of Object.values(paths).flatMap((path) => Object.values(path)))
    if (operation.parameters !== undefined) operation.parameters = operation.parameters.map(withoutPrefill)
  return document
}

function withoutPrefill({ example, ...parameter }: Parameter): Parameter {
  const { required = false, schema, description = '' } = parameter
  if (example === undefined || required || schema?.default !== undefined)
    return { ...parameter, ...(example === undefined ? {} : { example }) }
  return { ...parameter, description: `${description} Example: \`${String(example)}\`.` }
}
