import { Packr, RESET_BUFFER_MODE, REUSE_BUFFER_MODE } from 'msgpackr'
import { CodecError, InternalError } from '../errors/rome-error.js'
import { storedLimits, type UnpackLimits } from './limits.js'
import { checkPacked } from './packed-check.js'
import { isWellFormedText } from './well-formed.js'

/** What is stored of a value: nothing that the serialiser could change on its way. */
export type PackedValue = null | boolean | number | bigint | string | Uint8Array | readonly PackedValue[]

// These options are part of the stored format. Records and structures would make bytes depend on what was packed
// before them; the rest keeps every number, and keeps decoded bytes apart from the buffer they were read from.
const packr = new Packr({
  useRecords: false,
  moreTypes: false,
  structuredClone: false,
  bundleStrings: false,
  useFloat32: 0,
  int64AsType: 'bigint',
  largeBigIntToFloat: false,
  useBigIntExtension: false,
  encodeUndefinedAsNil: false,
  copyBuffers: true,
})

/** The packer keeps its buffer for the next call; one that grew beyond this is given back. */
const keptBytesMax = 1024 * 1024
const initialBytes = 8192

/** What is decoded goes through here, since msgpackr makes a DataView of every buffer that it has not seen before. */
const input = Buffer.alloc(initialBytes)

/** With `REUSE_BUFFER_MODE` the packer answers with its whole buffer and where the result is. */
type PackedTarget = Buffer & { readonly start: number; readonly end: number }

/**
 * The msgpack array of `values` in a buffer of its own, behind `headerBytes` bytes that the caller fills.
 * @throws InternalError `ROME_INTERNAL` for a value that would not come back as it is; -0 comes back as 0.
 */
export function packValues(values: readonly PackedValue[], headerBytes = 0): Buffer {
  checkPackable(values, 1)
  const target = packr.pack(values, REUSE_BUFFER_MODE | RESET_BUFFER_MODE) as PackedTarget
  const packedBytes = target.end - target.start
  const packed = Buffer.allocUnsafe(headerBytes + packedBytes)
  target.copy(packed, headerBytes, target.start, target.end)
  if (target.length > keptBytesMax) packr.useBuffer(Buffer.allocUnsafeSlow(initialBytes))
  return packed
}

/**
 * The values of a packed array. Bytes in it are copies.
 * @throws CodecError `ROME_CODEC` when the bytes are not such an array, or exceed the limits.
 */
export function unpackValues(bytes: Uint8Array, limits: UnpackLimits): unknown[] {
  checkPacked(bytes, limits)
  try {
    if (bytes.length > input.length) return packr.unpack(bytes) as unknown[]
    input.set(bytes)
    return packr.unpack(input, bytes.length) as unknown[]
  } catch (cause) {
    throw new CodecError('ROME_CODEC', 'The packed values cannot be read.', { cause, context: { bytes: bytes.length } })
  }
}

function checkPackable(values: readonly PackedValue[], depth: number): void {
  if (depth > storedLimits.depthMax)
    throw new InternalError('ROME_INTERNAL', 'Values to be stored are nested too deeply.')
  for (let index = 0; index < values.length; index++) {
    const value = values[index] as PackedValue
    if (!isPackable(value)) {
      if (!Array.isArray(value))
        throw new InternalError('ROME_INTERNAL', 'A value to be stored has no exact stored form.', {
          context: { value },
        })
      checkPackable(value, depth + 1)
    }
  }
}

function isPackable(value: unknown): boolean {
  switch (typeof value) {
    case 'string':
      return isWellFormedText(value)
    case 'number':
      return Number.isFinite(value)
    case 'boolean':
      return true
    case 'bigint':
      return BigInt.asIntN(64, value) === value
    default:
      return value === null || value instanceof Uint8Array
  }
}
