/** How much of the archive a query looks at. */
export interface Extent {
  /** Only records below the offset given of their partition. */
  readonly isBounded: boolean;
  /** Whether anybody may have become part of somebody else. */
  readonly hasMerges: boolean;
  /** How often the subjects are halved: one of 2^halvings is asked about. */
  readonly halvings: number;
  /** Instants that are asked about. */
  readonly instants: number;
}
