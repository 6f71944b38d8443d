import type { TopicPartition } from "@tidemark/runtime";

/** `topic/partition`: a key of maps, and what people read. */
export function placeName({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`;
}

/** Partitions as a list of topics with their partitions, as the protocol wants them. */
export function byTopic<Place extends TopicPartition>(places: readonly Place[]): Map<string, Place[]> {
  const topics = new Map<string, Place[]>();
  for (const place of places) {
    const known = topics.get(place.topic);
    if (known) known.push(place);
    else topics.set(place.topic, [place]);
  }
  return topics;
}
