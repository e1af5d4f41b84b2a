/**
 * The order-preserving encoding of tuples: comparing the bytes of two encoded tuples compares their values.
 *
 * Elements are self-delimiting and no element is a prefix of another, so the keys that begin with some encoded
 * elements are exactly those whose first values equal them.
 */

export { decodeElement, decodeTuple, elementEnd, findElementEnd, type TupleElement } from './tuple-decode.js'
export {
  encodeBoolean,
  encodeBytes,
  encodeDecimal,
  encodeFloat,
  encodeInteger,
  encodeNull,
  encodeText,
  encodeUuid,
} from './tuple-encode.js'
export { invertElement } from './tuple-tags.js'
