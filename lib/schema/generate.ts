/**
 * Runs generated code as the body of a function of these arguments. Gives undefined where the process forbids code made
 * from text: the caller then does the same in a slower way. Whatever comes from outside must be quoted in the code.
 */
export function generate<Result>(code: string, values: Readonly<Record<string, unknown>>): Result | undefined {
  try {
    const run = new Function(...Object.keys(values), code) as (...args: unknown[]) => Result
    return run(...Object.values(values))
  } catch (error) {
    if (error instanceof EvalError) return undefined
    throw error
  }
}
