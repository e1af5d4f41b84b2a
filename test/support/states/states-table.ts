import { readProjectFile } from '../project.js'

/** A table of docs/states.md: what an operation leads to, by its row, in a state, by its column. */
export interface StatesTable {
  readonly columns: readonly string[]
  readonly rows: ReadonlyMap<string, readonly string[]>
}

/** The tables of a page that have an operation in their first column, by the headings above them. */
export function statesTables(path: string): ReadonlyMap<string, StatesTable> {
  const tables = new Map<string, StatesTable>()
  let heading = ''
  let lines: string[] = []
  for (const line of [...readProjectFile(path).split('\n'), '']) {
    if (line.startsWith('|')) lines.push(line)
    else {
      if (lines[0]?.startsWith('| operation |')) tables.set(heading, tableOf(lines))
      lines = []
      if (line.startsWith('#')) heading = line.replace(/^#+ /, '')
    }
  }
  return tables
}

function tableOf([head, , ...body]: readonly string[]): StatesTable {
  const [, ...columns] = cellsOf(head)
  return {
    columns,
    rows: new Map(
      body.map((line) => {
        const [operation, ...cells] = cellsOf(line)
        return [operation, cells]
      }),
    ),
  }
}

/** Without the marks of code. */
function cellsOf(line: string): string[] {
  return line
    .split(/(?<!\\)\|/)
    .slice(1, -1)
    .map((cell) => cell.trim().replaceAll('`', ''))
}
