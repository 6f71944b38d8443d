/** What one question to the archive may take of ClickHouse. */
export interface QueryBounds {
  readonly threads: number;
  readonly memoryBytes: number;
  readonly queryMs: number;
}

/** As ClickHouse's settings. */
export function settingsOf({ threads, memoryBytes, queryMs }: QueryBounds): Readonly<Record<string, number>> {
  return {
    max_threads: threads,
    max_memory_usage: memoryBytes,
    max_bytes_before_external_group_by: Math.floor(memoryBytes / 2),
    max_execution_time: Math.ceil(queryMs / 1_000),
    // Inserts and what others ask come first.
    priority: 10,
  };
}
