export { amount, amountExpected, positiveAmount, readAmount, round } from "./amount.ts";
export {
  isJsonObject,
  type JsonBounds,
  type JsonObject,
  readJsonObject,
  writeJsonObject,
} from "./bounded-json.ts";
export { type Conversion, type Currencies, convert, createCurrencies, readConversion } from "./currencies.ts";
export { eventName, interactionName, orderEventNames } from "./event-name.ts";
export { type EventFault, fault } from "./fault.ts";
export { startIntake } from "./intake.ts";
export {
  type DateFormat,
  type DateReading,
  dateFormatExpected,
  instantOfReading,
  isoDates,
  parseDateFormat,
} from "./mapping/date-format.ts";
export { mappedNormaliser } from "./mapping/mapped-normaliser.ts";
export type { Mapping, SourceName } from "./mapping/mapping.ts";
export { readMappingText } from "./mapping/mapping-text.ts";
export { type ParsedMapping, parseMapping } from "./mapping/parse-mapping.ts";
export {
  type MappedEvent,
  type MappedRecord,
  type MapRecord,
  recordMapper,
} from "./mapping/record-mapper.ts";
export { intakeMetrics } from "./metrics.ts";
export { admitted, type CanonicalEvent, type Normalise, type Normalised, refused } from "./normalise.ts";
export { civilDate, parseInstant, readOccurredAt } from "./occurred-at.ts";
export type { IntakeOptions, IntakePorts, Source } from "./ports.ts";
export { readProperties, writeProperties } from "./properties.ts";
export { runIntake } from "./run-intake.ts";
export { currencySettings, intakeSettings } from "./settings.ts";
export {
  checkShape,
  identifier,
  identifierText,
  instant,
  jsonObject,
  label,
  labelText,
  requiredIdentifier,
} from "./shape.ts";
export { sourceShapes } from "./source-shapes.ts";
export { readSubjects, type Subject } from "./subjects.ts";
