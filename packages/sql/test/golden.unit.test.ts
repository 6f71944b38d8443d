/** The golden cases of the language, asked of the SQL. What holds on to its members is the stream's to say. */
import { afterAll, describe, expect, it } from "vitest";
import { type GoldenCase, goldenFiles } from "../../../test/golden/golden-case.ts";
import { openArchive } from "./archive.ts";
import { type Answered, answersInSql } from "./golden-batch.ts";

const archive = openArchive();
afterAll(() => archive.close());

for (const { name, content } of goldenFiles())
  describe(`golden cases in SQL: ${name}`, { timeout: 300_000 }, () => {
    let answers: Map<GoldenCase, Answered[]> | undefined;
    for (const golden of content.cases)
      it(`given ${golden.name}, then the query answers what was worked out by hand`, () => {
        answers ??= answersInSql(archive, content.cases);
        for (const { name: asked, answer, expectation } of answers.get(golden) ?? [])
          expect.soft(answer, asked).toEqual(expectation);
      });
  });
