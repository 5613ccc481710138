/** The service's name, version and environment as ECS names them: dotted, nested, or the name alone under `service`. Pure. */
import { isObject, type JsonObject } from '../value.ts'

export interface Service {
  readonly serviceName: unknown
  readonly serviceVersion: unknown
  readonly environment: unknown
}

export function serviceOf(record: JsonObject): Service {
  const service = record['service']
  const nested: JsonObject = isObject(service) ? service : { name: service }
  return {
    serviceName: record['service.name'] ?? nested['name'],
    serviceVersion: record['service.version'] ?? nested['version'],
    environment: record['service.environment'] ?? nested['environment'],
  }
}
