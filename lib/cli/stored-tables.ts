import type { Catalogue } from '../records/catalogue.js'
import { Table } from '../records/table.js'
import { indexParts, storedSchema } from './stored-schema.js'

/** The stored tables with some of their indexes. One that is not built yet proves nothing. */
export function storedTables({ tables }: Catalogue, isWanted: (isPartial: boolean) => boolean): Table[] {
  return Object.entries(tables).map(([name, table]) => {
    const indexes = Object.entries(table.indexes).filter(
      ([, index]) => index.state === 'ready' && isWanted(indexParts(index).isPartial),
    )
    return new Table(storedSchema(name, table, indexes), table)
  })
}
