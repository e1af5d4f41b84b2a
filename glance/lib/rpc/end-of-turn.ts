let awaited: Promise<void> | undefined

/**
 * Resolves, for all who wait together, when whatever has arrived on any connection by now was read.
 *
 * To read a request and to answer it takes more code than a processor keeps at hand. Where many ask at once, all of
 * their requests are read first and answered then, so that neither drives the other's code out for each of them.
 */
export function endOfTurn(): Promise<void> {
  awaited ??= new Promise((resolve) => {
    setImmediate(() => {
      awaited = undefined
      resolve()
    })
  })
  return awaited
}
