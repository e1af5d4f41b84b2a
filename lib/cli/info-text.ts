import type { ColumnInfo, IndexInfo, StoreInfo, TableInfo } from './info.js'

/** A store's description for people. */
export function infoText(info: StoreInfo): string {
  const { directory, format, store, state, partitions, log, owner, tables } = info
  const lines = aligned([
    ['directory', directory],
    ['format', String(format)],
    ['store', store],
    ['state', state],
    ['log', `${log.segments} ${log.segments === 1 ? 'segment' : 'segments'}, ${sizeText(log.bytes)}`],
    ['partitions', String(partitions.length)],
    ...partitions.map(({ path, bytes }): [string, string] => [`  ${path}`, sizeText(bytes)]),
  ])
  if (owner !== undefined) {
    const { pid, host, since } = owner
    const who = pid === undefined ? '' : ` by process ${pid} on ${host} since ${since}`
    lines.push('', `The store is open${who}: its tables can be seen once it is closed.`)
  }
  for (const table of tables ?? []) lines.push('', ...tableLines(table))
  if (tables?.length === 0) lines.push('', 'no tables')
  return lines.join('\n')
}

function tableLines(table: TableInfo): string[] {
  const { name, id, schemaVersion, rows, columns, indexes } = table
  const counted = rows === undefined ? '' : `, ${rows.toLocaleString('en')} ${rows === 1 ? 'row' : 'rows'}`
  return [
    `${name} (table ${id}, schema version ${schemaVersion}${counted})`,
    ...aligned(columns.map((column) => [`  ${column.name}`, columnText(column)])),
    ...aligned(indexes.map((index) => [`  index ${index.name}`, indexText(index)])),
  ]
}

function columnText({ kind, isNullable, isPrimaryKey, enumTexts, isUnnamed }: ColumnInfo): string {
  const parts = [enumTexts === undefined ? kind : `${kind} (${enumTexts.join(', ')})`]
  if (isPrimaryKey) parts.push('primary key')
  if (isNullable) parts.push('nullable')
  if (isUnnamed) parts.push('left out by the model')
  return parts.join(', ')
}

function indexText({ id, columns, isUnique, isPartial, include, state }: IndexInfo): string {
  const parts = [columns.map(({ name, isDescending }) => (isDescending ? `${name} desc` : name)).join(', ')]
  if (isUnique) parts.push('unique')
  if (isPartial) parts.push('partial')
  if (include.length > 0) parts.push(`with ${include.join(', ')}`)
  if (state !== 'ready') parts.push('not built yet')
  return `${parts.join('; ')} (index ${id})`
}

/** Pairs as lines, the second ones below each other. */
function aligned(pairs: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(0, ...pairs.map(([name]) => name.length))
  return pairs.map(([name, value]) => `${name.padEnd(width)}  ${value}`)
}

function sizeText(bytes: number): string {
  if (bytes < 1024) return `${bytes} bytes`
  const units = ['KiB', 'MiB', 'GiB', 'TiB']
  let size = bytes / 1024
  let unit = 0
  while (size >= 1024 && unit < units.length - 1) {
    size /= 1024
    unit++
  }
  return `${size.toFixed(1)} ${units[unit]}`
}
