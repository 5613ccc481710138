/** docker-compose.yml and Dockerfile as Docker reads them: anchors and merges resolved, every value as text, as a container gets it. */
import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { z } from 'zod'

const ROOT = new URL('../../../', import.meta.url)

const text = z.union([z.string(), z.number(), z.boolean()]).transform(String)

const serviceSchema = z.object({
  image: z.string(),
  build: z.string().optional(),
  command: z.array(z.string()).default([]),
  environment: z.record(z.string(), text).default({}),
  ports: z.array(z.string()).default([]),
  volumes: z.array(z.string()).default([]),
  networks: z.array(z.string()),
  depends_on: z.record(z.string(), z.object({ condition: z.string() })).default({}),
  healthcheck: z.object({ test: z.array(z.string()).optional(), disable: z.boolean().optional() }).optional(),
  mem_limit: z.string(),
  restart: z.string().optional(),
})

const composeSchema = z.object({
  services: z.record(z.string(), serviceSchema),
  networks: z.record(z.string(), z.object({ internal: z.boolean().default(false) })),
  volumes: z.record(z.string(), z.null()),
})

export type Service = z.output<typeof serviceSchema>
export type Compose = z.output<typeof composeSchema>

/** A file of the checkout, by its path from the top. */
export function readText(path: string): string {
  return readFileSync(new URL(path, ROOT), 'utf8')
}

/** As parsed YAML, for the official schema. */
export function rawCompose(): unknown {
  return parse(readText('docker-compose.yml'), { merge: true })
}

export function readCompose(): Compose {
  return composeSchema.parse(rawCompose())
}

/** A service of that name; a test that names one that is gone fails here. */
export function serviceNamed({ services }: Compose, name: string): Service {
  const service = services[name]
  if (service === undefined) throw new Error(`docker-compose.yml has no service ${name}`)
  return service
}

/** Names of the services that end by themselves: those that others wait to see completed. */
export function oneShots({ services }: Compose): string[] {
  const conditions = Object.values(services).flatMap((service) => Object.entries(service.depends_on))
  return [...new Set(conditions.filter(([, { condition }]) => condition === 'service_completed_successfully').map(([name]) => name))]
}

/** The Dockerfile's instructions, continued lines joined, comments left out: [instruction, arguments]. */
export function readDockerfile(): [string, string][] {
  const lines = readText('Dockerfile')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
  return lines
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => [line.split(' ')[0] ?? '', line.slice(line.indexOf(' ') + 1)])
}
