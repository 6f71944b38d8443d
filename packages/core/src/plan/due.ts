/** Which definitions to look at: each once, children before parents. One a plan, used by one look after the other. */
export class Due {
  readonly #isDue: Uint8Array;
  readonly #indexes: number[] = [];
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
    if (!this.#isSorted) sortInPlace(this.#indexes);
    this.#isSorted = true;
    return this.#indexes;
  }

  clear(): void {
    const indexes = this.#indexes;
    for (let place = 0; place < indexes.length; place += 1) this.#isDue[indexes[place] ?? 0] = 0;
    indexes.length = 0;
    this.#isSorted = true;
  }
}

/** Few and mostly in order: by insertion, which beats a general sort. */
function sortInPlace(indexes: number[]): void {
  if (indexes.length > 64) {
    indexes.sort((a, b) => a - b);
    return;
  }
  for (let place = 1; place < indexes.length; place += 1) {
    const index = indexes[place] ?? 0;
    let to = place;
    for (; to > 0 && (indexes[to - 1] ?? 0) > index; to -= 1) indexes[to] = indexes[to - 1] ?? 0;
    indexes[to] = index;
  }
}
