import type { WriteStream } from 'node:tty'
import type { OnProgress } from '../records/progress.js'

/** Shows how far something has come. */
export interface ProgressLine {
  readonly show: OnProgress
  /** Clears the line: what comes next is the result. */
  readonly end: () => void
}

const intervalMs = 200
const intervalMsInFile = 5000

/** On a terminal one line that is written over; elsewhere, as in the log of a job, a new line now and then. */
export function progressLine(stream: WriteStream): ProgressLine {
  const interval = stream.isTTY ? intervalMs : intervalMsInFile
  let shownAt = Date.now()
  let isShown = false
  const clear = (): void => {
    if (!isShown || !stream.isTTY) return
    stream.cursorTo(0)
    stream.clearLine(1)
    isShown = false
  }
  return {
    show({ task, name, done, total }) {
      if (Date.now() - shownAt < interval) return
      shownAt = Date.now()
      clear()
      const goal = total === undefined ? '' : ` of ${total.toLocaleString('en')}`
      const line = `${task} ${name}: ${done.toLocaleString('en')}${goal}`
      stream.write(stream.isTTY ? line.slice(0, stream.columns - 1) : `${line}\n`)
      isShown = true
    },
    end: clear,
  }
}
