/**
 * The PEM files of a `tls` section in, options for Node's TLS out. Files are read and tried here, so that a wrong one is told by its
 * setting at start, not by a handshake later. A file's path and content are not quoted: either may be a key put there by mistake.
 */
import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createSecureContext } from 'node:tls'
import { configInvalid, type Fault } from './fault.ts'
import type { KafkaSettings, Settings } from './schema.ts'
import { errorCode } from './yaml-file.ts'

export type TlsSettings = KafkaSettings['tls']

export interface TlsOptions {
  readonly rejectUnauthorized: boolean
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

/** `section` is the setting's path, `kafka.tls`. Throws `config_invalid`. */
export function tlsOptions(tls: TlsSettings, section: string): TlsOptions {
  const { options, faults } = readTls(tls, section)
  if (faults.length > 0) throw configInvalid(faults)
  return options
}

/** For `check-config`: what opening the connections would find wrong. */
export function checkTlsFiles(settings: Settings): Fault[] {
  return (['kafka', 'elasticsearch', 'druid'] as const).flatMap((who) => checkTls(settings[who].tls, `${who}.tls`))
}

export function checkTls(tls: TlsSettings, section: string): Fault[] {
  return readTls(tls, section).faults
}

function readTls(tls: TlsSettings, section: string): { options: TlsOptions; faults: Fault[] } {
  const faults: Fault[] = []
  const options: TlsOptions = {
    rejectUnauthorized: tls.verify,
    ...(tls.caFile === null ? {} : { ca: certificates(tls.caFile, `${section}.caFile`, faults) }),
    ...(tls.certFile === null ? {} : { cert: certificates(tls.certFile, `${section}.certFile`, faults) }),
    ...(tls.keyFile === null ? {} : { key: readPem(tls.keyFile, `${section}.keyFile`, faults) }),
  }
  if (faults.length === 0) tryOut(options, `${section}.keyFile`, faults)
  return { options, faults }
}

/** OpenSSL says whether the key can be read and belongs to the certificate. */
function tryOut(options: TlsOptions, setting: string, faults: Fault[]): void {
  try {
    createSecureContext(options)
  } catch (error) {
    faults.push(fault(setting, 'a private key (PEM, without passphrase) that belongs to the certificate', errorCode(error)))
  }
}

function certificates(file: string, setting: string, faults: Fault[]): string {
  const before = faults.length
  const pem = readPem(file, setting, faults)
  if (faults.length === before && !holdsCertificates(pem)) faults.push(fault(setting, 'a file of certificates (PEM)', 'something else'))
  return pem
}

function holdsCertificates(pem: string): boolean {
  try {
    const found = (pem.match(CERTIFICATE) ?? []).map((certificate) => new X509Certificate(certificate))
    return found.length > 0
  } catch {
    return false
  }
}

function readPem(file: string, setting: string, faults: Fault[]): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    faults.push(fault(setting, 'a readable file (PEM)', errorCode(error)))
    return ''
  }
}

function fault(setting: string, expected: string, got: string): Fault {
  return { setting, origin: setting, expected, got }
}
