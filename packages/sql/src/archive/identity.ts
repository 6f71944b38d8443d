/**
 * Who became part of whom, from the records that say so: the archive has events under the names that they came with.
 * What an erasure takes away is taken out of the archive itself, and what comes late for somebody who was merged is
 * rejected there and comes again for who took over. A record may be refused, and an absorb that meets a redirect was
 * sent on.
 */
import type { Extent } from "./extent.ts";
import { belowSql } from "./position.ts";
import { keyInSampleSql, keySql } from "./sample.ts";

const records = (type: string, columns: string, condition: string): string => `SELECT ${columns}
FROM control_records
WHERE topic = 'customer-events'
    AND type = '${type}'
    AND JSONExtractString(value, 'subjectKind') = {subject_kind:String}
    AND JSONHas(value, 'subject')
    AND (kafka_partition, offset) NOT IN (SELECT event_partition, event_offset FROM rejected_events)${condition}`;

/**
 * `merged`: those who ended, and where. `owners`: each with all who took it over, at first or later hand, and where; the
 * `path` down from the owner has the offset at which each was absorbed. `owned`: the same of owners who are there now;
 * `gone`: those who are not. `isBounded`: by `up_to`, the offset of each partition below which records count.
 */
export function identitySql({
  isBounded,
  hasMerges,
  halvings,
}: Extent): readonly (readonly [name: string, sql: string])[] {
  if (!hasMerges) return [];
  const bound = belowSql(isBounded);
  return [
    [
      "merged",
      records("Merge", "JSONExtractString(value, 'subject') AS subject, kafka_partition, offset", ""),
    ],
    ["gone", `SELECT subject\nFROM merged${bound.replace("\n    AND", "\nWHERE")}`],
    [
      "absorbed",
      `SELECT DISTINCT absorb.subject AS subject, absorb.owner AS owner, absorb.kafka_partition AS kafka_partition, absorb.offset AS offset
FROM
(
    SELECT JSONExtractString(value, 'from') AS subject, JSONExtractString(value, 'subject') AS owner, kafka_partition, min(offset) AS offset
    FROM
    (
        ${records("Absorb", "value, kafka_partition, offset", "").replaceAll("\n", "\n        ")}
    )
    GROUP BY subject, owner, kafka_partition
) AS absorb
LEFT JOIN merged ON merged.subject = absorb.owner
WHERE merged.subject = '' OR merged.offset > absorb.offset`,
    ],
    [
      "owners",
      `SELECT subject, owner, kafka_partition, offset, [(offset, subject)] AS path
FROM absorbed
UNION ALL
SELECT owners.subject, absorbed.owner, absorbed.kafka_partition, absorbed.offset, arrayConcat([(absorbed.offset, absorbed.subject)], owners.path)
FROM owners
INNER JOIN absorbed ON absorbed.subject = owners.owner`,
    ],
    [
      "owned",
      `SELECT DISTINCT subject, owner, path\nFROM owners\nWHERE owner NOT IN (SELECT subject FROM gone)${bound}${keyInSampleSql(halvings, keySql("owner"))}`,
    ],
  ];
}
