import type { IncomingHttpHeaders } from 'node:http'
import type { Caller } from '../database/caller.js'
import { HttpError } from './http-error.js'

/** What becomes of a request whose identity nobody has confirmed: refused, or taken for an admin without a tenant. */
export type UnconfirmedPolicy = 'refuse' | 'admin'

/**
 * Who is asking, as the headers of the request say.
 * @throws HttpError 401 when the identity is not confirmed and must be.
 */
export function callerOf(headers: IncomingHttpHeaders, unconfirmed: UnconfirmedPolicy): Caller {
  if (one(headers['x-identity-status']) !== 'Confirmed') {
    if (unconfirmed === 'admin') return { isAdmin: true, owner: null }
    throw new HttpError(401, 'X-Identity-Status must be Confirmed: send requests through whoever authenticates users')
  }
  const roles = one(headers['x-roles'])
    .split(',')
    .map((role) => role.trim().toLowerCase())
  return {
    isAdmin: roles.includes('admin'),
    owner: one(headers['x-tenant-id']) || one(headers['x-project-id']) || null,
    showDeleted: one(headers['x-show-deleted']).toLowerCase() === 'true',
  }
}

/** A header that was sent twice counts once: Node joins all but a few by itself. */
function one(value: string | string[] | undefined): string {
  return (Array.isArray(value) ? value[0] : value) ?? ''
}
