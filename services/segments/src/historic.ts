/** An event older than this when appended is history, in ms. */
export const historicAfterMs = 3_600_000;
