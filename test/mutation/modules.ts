/** Modules of ours that can be loaded anew as often as wanted, each time with nothing remembered, in milliseconds. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { compileFunction } from "node:vm";
import typescript from "typescript";

type Exports = Record<string, unknown>;
type Body = (exports: Exports, require: (name: string) => unknown, url: string) => void;

/**
 * What modules are read as, once in the life of the process: functions of what they import, which hand out what they
 * export.
 */
export type Bodies = Map<string, Body>;

/**
 * A loader of TypeScript files by absolute path. It loads each once; the next loader shares none of their variables.
 * `given` are packages that are handed in, others are Node's to load and shared between loaders. `edit` changes the
 * text of a file that is not among the `bodies` yet.
 */
export function moduleLoader(
  bodies: Bodies,
  given: Readonly<Record<string, unknown>>,
  edit: (source: string) => string,
): (file: string) => Exports {
  const loaded = new Map<string, Exports>();
  const load = (file: string): Exports => {
    const known = loaded.get(file);
    if (known !== undefined) return known;
    const exports: Exports = {};
    loaded.set(file, exports);
    const fromNode = createRequire(file);
    const require = (name: string): unknown => {
      if (name.startsWith(".")) return load(resolve(dirname(file), name));
      return given[name] ?? fromNode(name);
    };
    let body = bodies.get(file);
    if (body === undefined) {
      body = bodyOf(file, edit);
      bodies.set(file, body);
    }
    body(exports, require, pathToFileURL(file).href);
    return exports;
  };
  return load;
}

function bodyOf(file: string, edit: (source: string) => string): Body {
  const { outputText } = typescript.transpileModule(edit(readFileSync(file, "utf8")), {
    fileName: file,
    compilerOptions: {
      module: typescript.ModuleKind.CommonJS,
      target: typescript.ScriptTarget.ES2024,
      esModuleInterop: true,
    },
  });
  const source = outputText.replaceAll("import.meta.url", "url");
  return compileFunction(source, ["exports", "require", "url"], { filename: file }) as Body;
}
