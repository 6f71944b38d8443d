/**
 * What a number is made of: `Total`, `Quantity*UnitPrice`, `Net + Tax`, `Sales*(1 - Discount)`. Columns by name, in
 * double quotes where the name holds one of + - * ( ) and no column begins so; numbers stand for themselves.
 */
import { add, type Decimal, multiply, negate, readDecimal } from "./decimal.ts";
import type { NumberReader } from "./number-text.ts";

export interface Columns {
  readonly columns: readonly string[];
  place(column: string): number | undefined;
}

/** Answers the number, or undefined after having told every fault. */
export type NumberExpression = (
  cells: readonly unknown[],
  onFault: (fault: string) => void,
) => Decimal | undefined;

export type Compiled =
  | { readonly evaluate: NumberExpression; readonly columns: readonly string[] }
  | { readonly unknown: readonly string[] }
  | { readonly fault: string };

/** Operands are read by `reader`. */
export function compileExpression(text: string, table: Columns, reader: NumberReader): Compiled {
  const names = [...table.columns].filter((name) => name !== "").sort((a, b) => b.length - a.length);
  const columns: string[] = [];
  const unknown: string[] = [];
  let at = 0;
  const skipBlanks = (): void => {
    while (/\s/.test(text[at] ?? "")) at += 1;
  };
  const peek = (): string => {
    skipBlanks();
    return text[at] ?? "";
  };

  const column = (name: string): NumberExpression => {
    const place = table.place(name);
    if (place === undefined) {
      unknown.push(name);
      return () => undefined;
    }
    columns.push(name);
    return (cells, onFault) => {
      const value = reader(cells[place]);
      if (!("fault" in value)) return value;
      onFault(`${name} ${value.fault}`);
      return undefined;
    };
  };

  const operand = (): NumberExpression => {
    const first = peek();
    if (first === "-") {
      at += 1;
      return mapped(operand(), negate);
    }
    if (first === "(") {
      at += 1;
      const inner = sum();
      if (peek() !== ")") throw new ExpressionError(`a parenthesis is not closed`);
      at += 1;
      return inner;
    }
    if (first === '"') {
      const end = text.indexOf('"', at + 1);
      if (end < 0) throw new ExpressionError("a quote is not closed");
      const name = text.slice(at + 1, end);
      at = end + 1;
      return column(name);
    }
    const rest = text.slice(at);
    const named = names.find(
      (name) => rest.startsWith(name) && /^\s*(?:$|[-+*()])/.test(rest.slice(name.length)),
    );
    if (named !== undefined) {
      at += named.length;
      return column(named);
    }
    const word = /^[^-+*()]*/.exec(rest)?.[0].trim() ?? "";
    if (word === "") throw new ExpressionError(`"${text}" ends where a column was expected`);
    at += rest.indexOf(word) + word.length;
    const constant = /^[\d.]+$/.test(word) ? readDecimal(word) : undefined;
    return constant === undefined ? column(word) : () => constant;
  };

  const product = (): NumberExpression => {
    let left = operand();
    while (peek() === "*") {
      at += 1;
      left = joined(left, operand(), multiply);
    }
    return left;
  };

  const sum = (): NumberExpression => {
    let left = product();
    for (let sign = peek(); sign === "+" || sign === "-"; sign = peek()) {
      at += 1;
      const right = product();
      left = joined(left, sign === "+" ? right : mapped(right, negate), add);
    }
    return left;
  };

  try {
    const evaluate = sum();
    if (peek() !== "") return { fault: `"${text.slice(at)}" was not expected; expected +, - or *` };
    return unknown.length > 0 ? { unknown } : { evaluate, columns };
  } catch (error) {
    if (error instanceof ExpressionError) return { fault: error.message };
    throw error;
  }
}

class ExpressionError extends Error {}

function mapped(of: NumberExpression, map: (value: Decimal) => Decimal): NumberExpression {
  return (cells, onFault) => {
    const value = of(cells, onFault);
    return value === undefined ? undefined : map(value);
  };
}

/** Both sides are looked at, so that every fault is told. */
function joined(
  left: NumberExpression,
  right: NumberExpression,
  join: (a: Decimal, b: Decimal) => Decimal,
): NumberExpression {
  return (cells, onFault) => {
    const a = left(cells, onFault);
    const b = right(cells, onFault);
    return a === undefined || b === undefined ? undefined : join(a, b);
  };
}
