import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { BlockList, isIP } from 'node:net'
import { HttpError } from './http-error.js'

/** Who may speak to the service at all; identity, which comes from headers, is believed to them. */
export interface AccessOptions {
  /** What the header `X-Rpc-Secret` must say. */
  readonly secret?: string | undefined
  /** Addresses, or networks as `10.0.0.0/8`, that requests must come from. */
  readonly trustedProxies?: readonly string[] | undefined
}

/** Refuses whoever may not speak to the service. @throws HttpError 401, 403. */
export type AccessRule = (request: IncomingMessage) => void

/** @throws RangeError for an address that is none. */
export function accessRule({ secret, trustedProxies }: AccessOptions): AccessRule {
  const expected = secret === undefined ? undefined : digest(secret)
  const trusted = trustedProxies && addressList(trustedProxies)
  return ({ headers, socket }) => {
    if (expected !== undefined) {
      const given = headers['x-rpc-secret']
      if (typeof given !== 'string' || !timingSafeEqual(digest(given), expected)) {
        throw new HttpError(401, 'X-Rpc-Secret must be the secret of the service')
      }
    }
    if (trusted !== undefined && !isListed(trusted, socket.remoteAddress)) {
      throw new HttpError(403, 'requests must come from a trusted proxy')
    }
  }
}

/** Whether nobody but this machine reaches an address. */
export function isLoopback(host: string): boolean {
  if (host === 'localhost') return true
  const loopback = new BlockList()
  loopback.addSubnet('127.0.0.0', 8, 'ipv4')
  loopback.addAddress('::1', 'ipv6')
  return isListed(loopback, host)
}

function addressList(given: readonly string[]): BlockList {
  const list = new BlockList()
  for (const text of given) {
    const [address, prefix] = text.split('/') as [string, string | undefined]
    const version = isIP(address)
    const bits = prefix === undefined ? undefined : Number(prefix)
    const bitsMax = version === 4 ? 32 : 128
    if (version === 0 || (bits !== undefined && !(Number.isInteger(bits) && bits >= 0 && bits <= bitsMax))) {
      throw new RangeError(`${text} is no address and no network: write 192.0.2.7 or 192.0.2.0/24`)
    }
    const family = version === 4 ? 'ipv4' : 'ipv6'
    if (bits === undefined) list.addAddress(address, family)
    else list.addSubnet(address, bits, family)
  }
  return list
}

/** IPv4 behind an IPv6 socket is written `::ffff:192.0.2.7`. */
function isListed(list: BlockList, address: string | undefined): boolean {
  const plain = address?.replace(/^::ffff:(?=\d+\.)/, '') ?? ''
  const version = isIP(plain)
  return version !== 0 && list.check(plain, version === 4 ? 'ipv4' : 'ipv6')
}

/** Of one length, whatever was sent: how long the comparison takes says nothing. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
