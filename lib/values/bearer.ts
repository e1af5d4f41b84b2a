/**
 * A base constructor that returns its argument gives the private fields of the class under it to that object. Nobody
 * sees them: neither loops, nor JSON, nor deep equality.
 */
export class Bearer {
  constructor(bearer: object) {
    // biome-ignore lint/correctness/noConstructorReturn: the private fields must land on the argument itself.
    return bearer
  }
}
