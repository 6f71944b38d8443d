/** A document in the text of a body, and where its parts stand. Lines and columns count from 1. */

export interface TextPlace {
  readonly line: number;
  readonly column: number;
}

export interface TextFault extends Partial<TextPlace> {
  readonly found: string;
  readonly expected: string;
}

export interface TextDocument {
  readonly value: unknown;
  /** Where the value at a path stands, or the nearest above it; undefined where that is not known. */
  readonly placeOf: (path: readonly string[]) => TextPlace | undefined;
}

export interface DocumentText {
  readonly documents: readonly TextDocument[];
  /** What keeps the text from being read. */
  readonly faults: readonly TextFault[];
}
