import type { Key } from '../codec/key.js'
import { ConflictError } from '../errors/rome-error.js'
import { primaryKeyByColumn } from '../records/describe-conflict.js'
import type { Row } from '../records/row.js'
import type { Table } from '../records/table.js'

/**
 * Refuses to go on from a version of a row that is not the stored one. Says nothing when no version is known.
 * @throws ConflictError `ROME_STALE_VERSION`.
 */
export function requireVersion(table: Table, key: Key | undefined, known: unknown, current: Row | undefined): void {
  const { version } = table.schema
  if (version === undefined || known === undefined || current?.[version.position] === known) return
  throw new ConflictError(
    'ROME_STALE_VERSION',
    'the row has another version than the one that was read, or is gone: read it again, then make the change',
    {
      context: {
        model: table.schema.name,
        key: key && primaryKeyByColumn(table, key),
        version: known,
        versionStored: current?.[version.position],
      },
    },
  )
}
