/** The reports there are: which view tells each, with which parameters. The views: services/warehouse/migrations. */
import { type ParameterKey, parameters } from "./parameters.ts";

export interface ReportDescription {
  readonly about: string;
  readonly parameters: readonly ParameterKey[];
  /** SQL behind SELECT * FROM; parameters are bound. */
  readonly from: string;
  /** Columns that rows are in order of. */
  readonly order: string;
}

/** A view that takes the parameters itself. */
function view(name: string, keys: readonly ParameterKey[], order: string, about: string): ReportDescription {
  const given = keys.map(
    (key) => `${parameters[key].name} = {${parameters[key].name}:${parameters[key].type}}`,
  );
  return { about, parameters: keys, from: `${name}(${given.join(", ")})`, order };
}

/** A view of days. */
function byDay(name: string, order: string, about: string): ReportDescription {
  return {
    about,
    parameters: ["anyDefinition", "from", "to"],
    from: `${name} AS report WHERE report.day BETWEEN {from:Date} AND {to:Date} AND ({definition:String} = '' OR report.definition = {definition:String})`,
    order,
  };
}

const outcomes = [
  ...(["definition", "category", "days", "from", "to", "asOf"] as const),
  ...(["holdout", "holdoutCategory", "control", "controlCategory"] as const),
];

export const reports = {
  sizes: byDay(
    "segment_sizes_by_day",
    "definition, category, day",
    "How many are in each segment and category at the end of each day",
  ),
  flow: byDay("segment_flow_by_day", "definition, category, day", "Entered, left and net, by day"),
  migration: byDay(
    "category_migration",
    "definition, day, from_category, to_category",
    "Moves between the categories of a classification, by day",
  ),
  matrix: view(
    "category_matrix",
    ["definition", "from", "to"],
    "from_category, to_category",
    "Who was in which category on one day, and in which on another",
  ),
  exits: view(
    "segment_exits",
    ["anyDefinition", "from", "to"],
    "definition, category, cause, cause_event",
    "How long stays that ended had lasted, and what ended them",
  ),
  cohorts: view(
    "order_cohorts",
    ["basis", "source", "until"],
    "cohort, source, period",
    "Retention and revenue by month of the first order or of registration, and by source",
  ),
  rfm: view(
    "rfm_grid",
    ["asOf", "unit", "ties"],
    "recency_score DESC, frequency_score DESC",
    "Customers and revenue by recency and frequency, each in fifths, with ten named segments",
  ),
  "rfm-customers": view(
    "rfm_scores",
    ["asOf", "unit", "ties"],
    "subject",
    "Recency, frequency and monetary value of each customer, with their scores",
  ),
  funnel: view(
    "stage_funnel",
    ["stages", "days", "from", "to"],
    "stage",
    "How many came from stage to stage, one after the other",
  ),
  outcomes: view(
    "segment_outcomes",
    outcomes,
    "grouping DESC, period DESC",
    "Conversion, order value, feedback and cost before and after entering a segment",
  ),
  lift: view(
    "segment_lift",
    outcomes,
    "measure",
    "What being reached brought against a holdout, with intervals",
  ),
  overlap: {
    about: "How far segments and categories have the same members",
    parameters: [],
    from: "segment_overlap",
    order: "jaccard DESC, one, other",
  },
  review: view(
    "definition_review",
    ["day", "days"],
    "definition_kind, definition",
    "Which segments are empty, stale, doubled or drifting",
  ),
} as const satisfies Readonly<Record<string, ReportDescription>>;

export type ReportName = keyof typeof reports;
export const reportNames = Object.keys(reports) as readonly ReportName[];
