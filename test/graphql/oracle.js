// What the reference implementation makes of documents: those of a corpus, then generated ones. One JSON object for each line:
//   document, variables (JSON text), operation, syntax ("message line:column" or null), printed, errors (["Rule line:column …"] sorted),
//   result (the response's JSON text, or null where nothing is executed)
// node oracle.js <folder with node_modules> <schema.graphql> <corpus.graphql> <seed> <count> <output file>
'use strict';
const fs = require('fs');
const path = require('path');
const { createRequire } = require('module');
const [, , home, schemaFile, corpusFile, seed, count, outputFile] = process.argv;
const graphql = createRequire(path.join(path.resolve(home), 'x.js'))('graphql');
const { makeGenerator } = require('./generator.js');

const schema = graphql.buildSchema(fs.readFileSync(schemaFile, 'utf8'));

// ---- Resolvers: a value is made of a hash of its parent's number, the field and the arguments; the other side does the same.

function mix(number, text) {
  let hash = (number ^ 0x811c9dc5) >>> 0;
  for (const byte of Buffer.from(text, 'utf8')) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) >>> 0;
  hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39) >>> 0;
  return (hash ^ (hash >>> 15)) >>> 0;
}

function leaf(type, hash) {
  if (graphql.isEnumType(type)) {
    const values = type.getValues();
    return hash % 29 === 3 ? 'NOPE' : values[hash % values.length].name;
  }
  switch (type.name) {
    case 'Int': return hash % 41 === 2 ? hash * 16 : hash % 43 === 2 ? (hash % 100) + 0.5 : (hash % 2001) - 1000;
    case 'Float': return hash % 13 === 2 ? hash * 1e15 : hash % 17 === 2 ? (hash % 100) / 1e9 : (hash % 100000) / 8;
    case 'String': return hash % 19 === 2 ? hash % 1000 : hash % 7 === 2 ? `"é\\\n\u{1F600}\u0001${hash % 100}` : `s${hash % 10000}`;
    case 'Boolean': return hash % 2 === 0;
    case 'ID': return hash % 5 === 2 ? hash : `id${hash % 1000}`;
    default: return { h: hash % 1000, list: [true, null, 1.5, 'x'], in: {} };
  }
}

function make(type, hash, where) {
  if (graphql.isNonNullType(type)) {
    if (hash % 61 === 5) return null;
    type = type.ofType;
  } else if (hash % 11 === 5) {
    return null;
  }
  if (hash % 67 === 6) return new Error(`No luck with ${where}.`);
  if (graphql.isListType(type)) {
    return Array.from({ length: hash % 4 }, (_, i) => make(type.ofType, mix(hash, String(i)), where));
  }
  if (graphql.isLeafType(type)) return leaf(type, hash);
  if (!graphql.isAbstractType(type)) return { number: hash };
  const names = schema.getPossibleTypes(type).map((possible) => possible.name).sort();
  return { number: hash, type: names[hash % names.length] };
}

function resolve(source, args, context, info) {
  const where = `${info.parentType.name}.${info.fieldName}`;
  const text = JSON.stringify(args);
  if (info.fieldName.startsWith('echo')) return text;
  return make(info.returnType, mix(source.number, info.fieldName + (text === '{}' ? '' : text)), where);
}

// ---- What is told of one document

const rules = graphql.specifiedRules.map((rule) => (context) => {
  const named = Object.create(context);
  named.reportError = (error) => {
    error.rule = rule.name.replace(/Rule$/, '');
    context.reportError(error);
  };
  return rule(named);
});

const places = (error) => (error.locations ?? []).map((at) => ` ${at.line}:${at.column}`).join('');

function judge({ document, variables, operation }) {
  const out = { document, variables: JSON.stringify(variables ?? {}), operation: operation ?? '', syntax: null, printed: null, errors: [], result: null };
  let parsed;
  try {
    parsed = graphql.parse(document);
  } catch (error) {
    out.syntax = error.message + places(error);
    return out;
  }
  out.printed = graphql.print(parsed);
  out.errors = graphql
    .validate(schema, parsed, rules, { maxErrors: 100000, hideSuggestions: true })
    .map((error) => (error.rule ?? error.message) + places(error))
    .sort();
  if (out.errors.length > 0) return out;
  const operations = parsed.definitions.filter((node) => node.kind === 'OperationDefinition');
  const asked = operation ? operations.find((node) => node.name?.value === operation) : operations[0];
  if (asked?.operation === 'subscription') return out;
  out.result = JSON.stringify(
    graphql.execute({
      schema, document: parsed, rootValue: { number: 1 }, variableValues: JSON.parse(out.variables), operationName: operation || undefined,
      fieldResolver: resolve, typeResolver: (value) => value.type, hideSuggestions: true,
    }),
  );
  return out;
}

const corpus = fs.readFileSync(corpusFile, 'utf8').split(/^#{4,}.*\n/m).filter((text) => text.trim() !== '');
const output = fs.openSync(outputFile, 'w');
const write = (request) => {
  let told;
  try {
    told = judge(request);
  } catch (error) {
    told = { ...request, crash: String(error) };
  }
  return JSON.stringify(told) + '\n';
};
let lines = corpus.map((document) => write({ document: document.trimEnd() })).join('');
const generate = makeGenerator(graphql, schema, Number(seed));
for (let i = 0; i < Number(count); i++) {
  lines += write(generate());
  if (lines.length > 1 << 20) {
    fs.writeSync(output, lines);
    lines = '';
  }
}
fs.writeSync(output, lines);
fs.closeSync(output);
