/** Which definitions to look at: each once, children before parents. One a plan, used by one look after the other. */
export class Due {
  readonly #isDue: Uint8Array;
  #indexes: number[] = [];
  #isSorted = true;

  constructor(definitions: number) {
    this.#isDue = new Uint8Array(definitions);
  }

  has(index: number): boolean {
    return this.#isDue[index] === 1;
  }

  add(index: number): void {
    if (this.#isDue[index] === 1) return;
    this.#isDue[index] = 1;
    const last = this.#indexes.at(-1);
    if (last !== undefined && last > index) this.#isSorted = false;
    this.#indexes.push(index);
  }

  addAll(): void {
    this.clear();
    for (let index = 0; index < this.#isDue.length; index += 1) this.add(index);
  }

  get isWhole(): boolean {
    return this.#indexes.length === this.#isDue.length;
  }

  /** Ascending; children come before parents. */
  inOrder(): readonly number[] {
    if (!this.#isSorted) this.#indexes.sort((a, b) => a - b);
    this.#isSorted = true;
    return this.#indexes;
  }

  clear(): void {
    for (const index of this.#indexes) this.#isDue[index] = 0;
    this.#indexes = [];
    this.#isSorted = true;
  }
}
