import { Table } from 'console-table-printer'

type Cell = string | number | bigint | boolean | null

/** Prints a heading, runs a step, and prints how long it took. */
export async function step<T>(heading: string, run: () => Promise<T>): Promise<T> {
  console.log(`\n${heading}`)
  const startedAt = performance.now()
  const result = await run()
  console.log(`${(performance.now() - startedAt).toFixed(1)} ms`)
  return result
}

/** Prints rows as a table, numbers to the right. Of many rows the first are shown, and the number of all. */
export function showTable(rows: readonly Readonly<Record<string, Cell>>[], rowsShownMax = 10): void {
  const [first] = rows
  if (first === undefined) {
    console.log('no rows')
    return
  }
  const columns = Object.entries(first).map(([name, value]) => {
    const isNumber = typeof value === 'number' || typeof value === 'bigint'
    return { name, alignment: isNumber ? ('right' as const) : ('left' as const) }
  })
  const table = new Table({ columns, shouldDisableColors: true })
  for (const row of rows.slice(0, rowsShownMax)) table.addRow(row)
  table.printTable()
  const all = rows.length === 1 ? '1 row' : `${rows.length} rows`
  console.log(rows.length > rowsShownMax ? `${rowsShownMax} of ${all}` : all)
}
