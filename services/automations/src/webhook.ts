/** One message to one endpoint: a CloudEvents 1.0 event in structured JSON. */
import { type SegmentChange, subjectKey } from "@tidemark/contracts";
import type { Automation } from "@tidemark/core";

/** What an action of an automation makes of a change. */
export interface Webhook {
  /** The same whenever the same change is acted on, so that a receiver can drop repeats. */
  readonly id: string;
  /** As the automation names it. */
  readonly endpoint: string;
  readonly automation: string;
  /** Of one subject, an endpoint gets messages in the order of the changes. */
  readonly subject: string;
  /** ms since the epoch. */
  readonly detectedAt: number;
  /** JSON text. Written when it is needed: a batch holds many. */
  body(): string;
}

export const webhookType = "application/cloudevents+json; charset=utf-8";

/** A message for each action of the automation, in their order. */
export function webhooksOf(change: SegmentChange, automation: Automation): readonly Webhook[] {
  return automation.do.map((action, index): Webhook => {
    const id = `${change.changeId}/${automation.id}/${index}`;
    return {
      id,
      endpoint: action.webhook,
      automation: automation.id,
      subject: subjectKey(change.subjectKind, change.subject),
      detectedAt: change.detectedAt,
      body: () => JSON.stringify(eventOf(id, change, automation, action.data)),
    };
  });
}

function eventOf(id: string, change: SegmentChange, automation: Automation, data: unknown): object {
  return {
    specversion: "1.0",
    id,
    source: "/tidemark/segments",
    type: typeOf(change),
    subject: subjectKey(change.subjectKind, change.subject),
    time: instant(change.effectiveAt),
    datacontenttype: "application/json",
    data: {
      [change.subjectKind]: change.subject,
      definition: {
        kind: change.definitionKind,
        id: change.definition,
        version: change.definitionVersion,
      },
      from: change.from,
      to: change.to,
      effectiveAt: instant(change.effectiveAt),
      detectedAt: instant(change.detectedAt),
      changesAt: change.changesAt === null ? null : instant(change.changesAt),
      cause: change.cause,
      causeEvent: change.causeEvent,
      historic: change.historic,
      mark: change.mark,
      automation: { id: automation.id, name: automation.name },
      data: data ?? null,
    },
  };
}

function typeOf({ definitionKind, to }: SegmentChange): string {
  if (definitionKind === "classification") return "tidemark.classification.moved";
  return to === "in" ? "tidemark.segment.entered" : "tidemark.segment.left";
}

function instant(at: number): string {
  return new Date(at).toISOString();
}
