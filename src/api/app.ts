/**
 * The API and the page, as one fastify that does not listen yet. Ports go in (see deps.ts).
 *
 *   /  /patterns.html   the page, and the one about the rules (static, strict content security policy, nothing from other hosts)
 *   /docs               OpenAPI page
 *   /healthz /readyz /metrics               never limited, never shed
 *   /api/v1/...         checked by zod, limited for clients from afar, shed when the loop is far behind
 *
 * Delivery: reading changes nothing; for events see routes/events.ts. A failing request never harms the stream.
 */
import { fileURLToPath } from 'node:url'
import helmet from '@fastify/helmet'
import rateLimit from '@fastify/rate-limit'
import fastifyStatic from '@fastify/static'
import underPressure from '@fastify/under-pressure'
import Fastify, { LogController, type FastifyInstance } from 'fastify'
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod'
import type { ApiDeps, ZodApp } from './deps.ts'
import { registerDocs } from './openapi.ts'
import { onError, onNotFound, sendUnroutable } from './problems.ts'
import { alertRuleRoutes } from './routes/alert-rules.ts'
import { alertRoutes } from './routes/alerts.ts'
import { deadLetterRoutes } from './routes/dead-letters.ts'
import { deliveryRoutes } from './routes/deliveries.ts'
import { errorEventRoutes } from './routes/error-events.ts'
import { eventRoutes } from './routes/events.ts'
import { exceptionRoutes } from './routes/exceptions.ts'
import { groupRoutes } from './routes/groups.ts'
import { jobRoutes } from './routes/jobs.ts'
import { ledgerRoutes } from './routes/ledger.ts'
import { offsetRoutes } from './routes/offsets.ts'
import { operationRoutes } from './routes/operations.ts'
import { patternRoutes } from './routes/patterns.ts'
import { pipelineRoutes } from './routes/pipeline.ts'
import { silenceRoutes } from './routes/silences.ts'

/** Beside this file, in the sources as in what is built. */
const UI_FOLDER = fileURLToPath(new URL('../ui', import.meta.url))
/** A job's name is a path segment; percent-encoded Unicode takes 9 characters for one. */
const MAX_SEGMENT_CHARS = 8_192
/** For each address that is not loopback. The page asks about 30 times a minute, so a proxy may stand for 40 people. */
const REQUESTS_PER_MINUTE = 1_200
const LOOPBACK = new Set(['127.0.0.1', '::1', '::ffff:127.0.0.1'])
/** Mean delay of the loop above which requests are turned away: the stream's own work comes first. */
const MAX_LOOP_DELAY_MS = 5_000
const RETRY_AFTER_S = 5

/** No `upgrade-insecure-requests`: the page must work over plain HTTP. TLS, and HSTS with it, are a proxy's. */
const CONTENT_SECURITY_POLICY = {
  useDefaults: false,
  directives: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'"],
    imgSrc: ["'self'", 'data:'],
    fontSrc: ["'self'"],
    connectSrc: ["'self'"],
    baseUri: ["'none'"],
    formAction: ["'self'"],
    frameAncestors: ["'none'"],
  },
}

export async function buildApi(deps: ApiDeps): Promise<FastifyInstance> {
  const app: FastifyInstance = Fastify({
    ...(deps.logger === null ? {} : { loggerInstance: deps.logger }),
    logController: new LogController({ disableRequestLogging: true }),
    routerOptions: { maxParamLength: MAX_SEGMENT_CHARS },
    frameworkErrors: sendUnroutable,
  })
  app.setErrorHandler(onError)
  app.setNotFoundHandler(onNotFound)
  await app.register(helmet, {
    contentSecurityPolicy: CONTENT_SECURITY_POLICY,
    strictTransportSecurity: false,
    crossOriginOpenerPolicy: false,
    originAgentCluster: false,
  })
  await registerDocs(app, deps.version)
  await app.register(fastifyStatic, { root: UI_FOLDER, wildcard: false })
  await app.register(async (scope) => operationRoutes(withZod(scope), deps))
  await app.register(async (scope) => registerApi(scope, deps), { prefix: '/api/v1' })
  await app.ready()
  return app
}

async function registerApi(scope: FastifyInstance, deps: ApiDeps): Promise<void> {
  const api = withZod(scope)
  await api.register(underPressure, { maxEventLoopDelay: MAX_LOOP_DELAY_MS, retryAfter: RETRY_AFTER_S })
  await api.register(rateLimit, { max: REQUESTS_PER_MINUTE, timeWindow: '1 minute', allowList: (request) => LOOPBACK.has(request.ip) })
  api.addHook('onSend', async (_request, reply) => void reply.header('cache-control', 'no-store'))
  jobRoutes(api, deps)
  exceptionRoutes(api, deps)
  errorEventRoutes(api, deps)
  pipelineRoutes(api, deps)
  patternRoutes(api, deps)
  eventRoutes(api, deps)
  ledgerRoutes(api, deps)
  deadLetterRoutes(api, deps)
  offsetRoutes(api, deps)
  deliveryRoutes(api, deps)
  // Each by itself, for bodies are read otherwise there.
  for (const routes of [alertRoutes, alertRuleRoutes, silenceRoutes, groupRoutes])
    await api.register(async (part) => routes(withZod(part), deps))
}

function withZod(scope: FastifyInstance): ZodApp {
  return scope.setValidatorCompiler(validatorCompiler).setSerializerCompiler(serializerCompiler).withTypeProvider<ZodTypeProvider>()
}
