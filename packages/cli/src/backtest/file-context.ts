import type { Mapping } from "@tidemark/intake";
import type { Binding } from "./binding.ts";
import type { ColumnMap } from "./column-map.ts";
import type { PreparedFile } from "./load-events.ts";
import type { FileFaults } from "./row-faults.ts";

/** A file that was opened, and how it is to be read. */
export interface FileContext {
  readonly binding: Binding;
  /** Null where none was given. */
  readonly map: ColumnMap | null;
  readonly mapping: Mapping;
  /** A customer that stands for nobody. */
  readonly guests: string | null;
  readonly found: FileFaults;
}

export type PrepareFile = (context: FileContext) => PreparedFile["read"];
