/** Where a record came from; what is not above the highest position seen is a repeat. */
export interface SourcePosition {
  readonly sourceId: string;
  readonly sourcePartition: number;
  readonly sourceOffset: number;
  readonly ordinal: number;
}
