/** Free ports are free, and a taken one is named. */
import { once } from 'node:events'
import { createServer, type AddressInfo, type Server } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { assertFree, freeBase, isFree, LOOPBACK } from '../../../../tools/services/ports.ts'

let holder: Server
let port = 0

beforeEach(async () => {
  holder = createServer().listen(0, LOOPBACK)
  await once(holder, 'listening')
  port = (holder.address() as AddressInfo).port // a server on a port has an AddressInfo
})
afterEach(() => holder.close())

test('a port is free once its holder has closed it', async () => {
  expect(await isFree(port)).toBe(false)
  holder.close()
  await once(holder, 'close')
  expect(await isFree(port)).toBe(true)
})

test('a taken port is refused by number and use', async () => {
  await expect(assertFree('kafka', { controller: port })).rejects.toThrow(`kafka cannot start: port ${port} (controller)`)
})

test('no port is given out twice', async () => {
  const bases = await Promise.all(Array.from({ length: 200 }, () => freeBase([0, 1, 9])))
  const ports = bases.flatMap((base) => [base, base + 1, base + 9])
  expect(new Set(ports).size).toBe(ports.length)
})
