/** What the differential tests use of sql.js: SQLite compiled to WebAssembly. */
declare module 'sql.js' {
  export type SqlJsValue = number | bigint | string | Uint8Array | null

  export interface Statement {
    step(): boolean
    get(parameters: null, options: { readonly useBigInt: true }): SqlJsValue[]
    free(): boolean
  }

  export interface Database {
    run(sql: string): Database
    prepare(sql: string): Statement
    getRowsModified(): number
    create_function(name: string, implementation: (value: string | null) => string | number | null): Database
    close(): void
  }

  const initSqlJs: () => Promise<{ readonly Database: new () => Database }>
  export default initSqlJs
}
