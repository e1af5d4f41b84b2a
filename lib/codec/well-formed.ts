/** Whether `text` has no lone surrogate, so that UTF-8 can say it and gives it back unchanged. */
export function isWellFormedText(text: string): boolean {
  // The TypeScript library for the oldest supported Node does not declare this method, which that Node has.
  return (text as string & { isWellFormed(): boolean }).isWellFormed()
}
