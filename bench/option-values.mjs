// Values of the options of benchmarks, as the command line has them.
import { InvalidArgumentError } from 'commander'

export function wholeNumber(text) {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('Give a whole number from 1 upwards.')
}

export function wholeNumbers(text) {
  return text.split(',').map(wholeNumber)
}

/** Names that an object knows. */
export function namesOf(known) {
  return (text) => {
    const names = text.split(',')
    const unknown = names.filter((name) => !Object.hasOwn(known, name))
    if (unknown.length > 0) throw new InvalidArgumentError(`Known are ${Object.keys(known).join(', ')}.`)
    return names
  }
}
