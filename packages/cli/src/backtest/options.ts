/** What can be said to `backtest`; apart from what it does, so that help does not wait for that to load. */
import type { Options } from "../command-line/options.ts";

export const backtestOptions = {
  definitions: { type: "text", value: "PATH", about: "a file of definitions, or a folder of such" },
  orders: { type: "text", value: "FILE", about: "order lines" },
  map: { type: "text", value: "MAP", about: "which column of --orders holds what" },
  events: { type: "text", value: "FILE", about: "other events" },
  "map-events": { type: "text", value: "MAP", about: "which column of --events holds what" },
  customers: { type: "text", value: "FILE", about: "attributes of customers" },
  "map-customers": { type: "text", value: "MAP", about: "which column of --customers holds what" },
  companies: { type: "text", value: "FILE", about: "attributes of companies" },
  "map-companies": { type: "text", value: "MAP", about: "which column of --companies holds what" },
  mapping: { type: "text", value: "FILE", about: "a mapping as intake uses it, for files without a map" },
  "as-of": { type: "text", value: "INSTANT", about: "when to look; what happened later is left out" },
  zone: {
    type: "text",
    value: "ZONE",
    about: "IANA zone of times without one, and of the definitions (UTC)",
  },
  guests: { type: "text", value: "ID", about: "a customer that stands for nobody, such as 0: left out" },
  "no-header": { type: "flag", about: "the CSV files have no header: columns are 1, 2, 3, ..." },
  delimiter: {
    type: "text",
    value: "MARK",
    about: "between the cells of CSV, tab and blank by name (found out)",
  },
  members: { type: "text", value: "FILE", about: "write who is in what, since when, until when" },
  metrics: { type: "text", value: "FILE", about: "write everybody's metrics and scores" },
  history: { type: "text", value: "FILE", about: "write every change" },
  json: { type: "flag", about: "print one JSON object in place of the table" },
} as const satisfies Options;

/** What `--help` says beside the options. */
export const backtestDetails = `Files are CSV (commas, semicolons, tabs, bars or runs of blanks), NDJSON or Parquet; gzip of the first two. A map
says which column holds what, as NAME=COLUMN,NAME=COLUMN,...

  --map            customer (or company, or both), time; order: lines with one order id of one customer are one order,
                   at the time of the earliest, without it each row is one; total: a column, or what it is made of,
                   such as Quantity*UnitPrice; items.NAME: of the line's item (sku, category, quantity and price
                   without items. before them); any other name is a property of order.placed
  --map-events     customer or company, time, event (a column, or one name for all: event='page.viewed'); any other
                   name is a property. Without a map: customer, time, event or name, and properties (JSON) or all others
  --map-customers  id; time, else before everything else; any other name is an attribute; * is all other columns

A column's name stands in "double quotes" where it holds a comma. Behind an @ stands how it is read: a date's format
(birthDate=BirthDate@M/d/yyyy), epoch, epoch-ms, comma (a decimal comma), number, text. A file with --no-header has
columns 1, 2, 3; #3 and #-1 count in any file. Times without a zone are in --zone, and so is a date given as --as-of: it
is its midnight there. Dates of attributes stay dates.

The table says for each segment and category: members at --as-of; how often one was entered and left up to then; the
median time inside over all stays, those that have not ended counted up to --as-of. Cut points of quantiles, top and
bottom are those of all customers of the files at --as-of. docs/backtest.md says more.

  npm run -s tidemark -- backtest --definitions packs/rfm --as-of 2011-12-10 --members members.csv \\
    --orders online_retail.csv.gz --guests 0 \\
    --map customer=CustomerID,time=InvoiceDate,order=InvoiceNo,total=Quantity*UnitPrice,country=Country`;
