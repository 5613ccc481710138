/** The parts that settings are made of. */
import { z } from 'zod'
import { Secret } from '../lib/secret.ts'

/* A description before the default says what form a value has; the one after it is the setting's sentence. */
export const positive = () => z.number().int().min(1)
export const names = () => z.array(z.string().min(1))
export const form = (pattern: RegExp, words: string) => z.string().regex(pattern).describe(words)

/** A secret: a string in the environment, or read by `load.ts` from the file that the setting with `File` behind its name points to. */
export const secret = () => z.instanceof(Secret).nullable().default(null)
export const file = (what: string) => z.string().min(1).nullable().default(null).describe(`File that holds ${what}.`)

export const tls = (who: string) =>
  z
    .strictObject({
      enabled: z.boolean().default(false).describe(`Whether to talk TLS to ${who}. For URLs, https says so already.`),
      caFile: file("the certificate authorities (PEM) to trust instead of the system's"),
      certFile: file('our client certificate (PEM)'),
      keyFile: file("our client certificate's private key (PEM)"),
      verify: z.boolean().default(true).describe("Whether to check the server's certificate and name."),
    })
    .prefault({})

/** A user name and password in a URL would be printed with it. */
export const url = () =>
  z
    .url({ protocol: /^https?$/ })
    .refine((text) => !text.includes('@'))
    .describe('http or https URL, without user name and password in it')
