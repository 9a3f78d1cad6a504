// Parses queries in LogQL: reads a JSON list from stdin, and writes for each what is wrong, and the names it uses.
import { parser } from "@grafana/lezer-logql";
import { readFileSync } from "node:fs";

function parse(query) {
  const found = { errors: [], labels: [], fields: [] };
  const text = (node) => query.slice(node.from, node.to);
  const within = (node, name) => {
    for (let at = node.parent; at; at = at.parent) if (at.name === name) return true;
    return false;
  };
  parser.parse(query).iterate({
    enter(ref) {
      const node = ref.node;
      if (node.type.isError) found.errors.push(`${node.from}: ${query.slice(Math.max(0, node.from - 10), node.to + 10)}`);
      if (node.name === "Identifier") {
        const isLabel = within(node, "Selector") || within(node, "Grouping");
        (isLabel ? found.labels : found.fields).push(text(node));
      }
      if (node.name === "String" && within(node, "LineFormatExpr")) {
        for (const [, field] of text(node).matchAll(/\{\{\s*\.(\w+)\s*\}\}/g)) found.fields.push(field);
      }
    },
  });
  return found;
}

const queries = JSON.parse(readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(queries.map(parse)));
