/** The time that both sides write into columns; worlds set it. */
export const time = { now: new Date(0) }
