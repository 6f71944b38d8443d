/** The shapes in which a source's records come: its own, CloudEvents around it, and others through a mapping file. */
import { readFileSync } from "node:fs";
import { zoneCalendar } from "@tidemark/core";
import { ConfigError } from "@tidemark/runtime";
import { cloudEventNormaliser } from "./cloud-event.ts";
import { shown } from "./fault.ts";
import { mappedNormaliser } from "./mapping/mapped-normaliser.ts";
import type { Mapping, SourceName } from "./mapping/mapping.ts";
import { readMappingText } from "./mapping/mapping-text.ts";
import { messageOf } from "./message-of.ts";
import type { Normalise } from "./normalise.ts";
import type { Source } from "./ports.ts";

interface ShapeSettings {
  /** A path; empty for none. */
  readonly MAPPING_FILE: string;
  readonly WORKSPACE_ZONE: string;
}

/**
 * What comes before a service's own `normalise`. Without rules for `source` in the file all records are in its own
 * shape. Throws `ConfigError` with every fault of the file.
 */
export function sourceShapes(
  source: SourceName,
  settings: ShapeSettings,
  normalise: Normalise,
): Pick<Source, "normalise" | "takesOtherShapes"> {
  const own = cloudEventNormaliser(source === "orders" ? "type" : "name", normalise);
  const mapping = settings.MAPPING_FILE === "" ? [] : readMappingFile(settings.MAPPING_FILE);
  if (!mapping.some((rule) => rule.source === source)) return { normalise: own, takesOtherShapes: false };
  const zone = zoneCalendar(settings.WORKSPACE_ZONE);
  if (zone === undefined) {
    const found = shown(settings.WORKSPACE_ZONE);
    throw new ConfigError([`WORKSPACE_ZONE is ${found}; expected an IANA zone such as Europe/Berlin`]);
  }
  return { normalise: mappedNormaliser(mapping, { source, zone }, own), takesOtherShapes: true };
}

function readMappingFile(file: string): Mapping {
  const { mapping, faults } = readMappingText(readText(file), file);
  if (faults.length > 0) throw new ConfigError(faults.map((fault) => `MAPPING_FILE: ${fault}`));
  return mapping;
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new ConfigError([`MAPPING_FILE is "${file}", which cannot be read: ${messageOf(error)}`]);
  }
}
