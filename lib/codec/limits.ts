/**
 * The most bytes of a key. LevelDB keeps whole keys in its index blocks and compares them at every level, so long
 * keys make every read slower; other engines allow about as much (FoundationDB 10 000).
 */
export const keyBytesMax = 8192

/** The most bytes of a row: a commit that holds one must fit an engine's log record, and all of it is in memory. */
export const rowBytesMax = 64 * 1024 * 1024

/** The most bytes of an index entry's value: included columns are never more than the row they come from. */
export const entryBytesMax = rowBytesMax

/** The most bytes of a document of the catalogue. */
export const documentBytesMax = 64 * 1024 * 1024

/** The most characters of a continuation token: what travels well in a request; longer ones are not looked at. */
export const tokenCharactersMax = 64 * 1024

/** The most digits of a decimal, so that a few bytes with a large exponent never become a long text. */
export const decimalDigitsMax = 1000

/** How much a packed array may hold. Checked before anything is decoded. */
export interface UnpackLimits {
  /** The most bytes of the packed form. */
  readonly bytesMax: number
  /** The most values, nested ones included. */
  readonly valuesMax: number
  /** The most arrays inside each other, the outermost included. */
  readonly depthMax: number
}

/** For rows, entries and tokens, which hold one value a column and hardly ever nest. */
export const storedLimits: UnpackLimits = Object.freeze({ bytesMax: rowBytesMax, valuesMax: 65_536, depthMax: 8 })
