/** What a PATH stands for: an attribute, or a property (or the time) of the first or last such event. */
import type { Path, Selector } from "@tidemark/core";
import type { Context } from "../context.ts";
import { columnName } from "../text.ts";

/** As JSON text, empty where it is missing; \`name\` is what to call what is made of it. */
export function pathValue(context: Context, path: Path): { readonly json: string; readonly name: string } {
  if (path.from === "attribute")
    return { json: context.attribute(path.path), name: columnName("attribute", ...path.path) };
  const { from, of, take } = path;
  const event = edge(context, of, from);
  if (take === undefined)
    return { json: `if(${event.exists}, toString(${event.at}), '')`, name: columnName(from, event.list) };
  const value = context.collected.of(of).value(take);
  const json = `if(${event.exists}, ${event.event}.${value}, '')`;
  // Of an object no more is kept than that it is there.
  const kept = `if(startsWith(${json}, '{'), if(${json} = '{}', '', '[]'), ${json})`;
  return {
    json: context.named(columnName(from, event.list, ...take), kept),
    name: columnName(from, event.list, ...take),
  };
}

/** The first or last of the events: \`exists\`, \`at\` and the element itself, all SQL. */
export function edge(context: Context, of: Selector, which: "first" | "last") {
  const list = context.collected.of(of);
  const own = context.named(`${list.name}_own`, `arrayFilter(event -> event.own, ${list.name})`);
  const sort = which === "first" ? "arraySort" : "arrayReverseSort";
  const event = context.named(
    columnName(which, list.name, "event"),
    `${sort}(event -> (event.at, event.partition, event.offset), ${own})[1]`,
  );
  return { list: list.name, exists: `notEmpty(${own})`, event, at: `${event}.at` };
}
