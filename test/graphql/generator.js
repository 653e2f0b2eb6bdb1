// Documents grown from the grammar and the schema, most of them valid; then some are damaged: a token or a name here and there.
'use strict';

function makeGenerator(graphql, schema, seed) {
  // mulberry32
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const below = (n) => Math.floor(next() * n);
  const chance = (p) => next() < p;
  const pick = (list) => list[below(list.length)];

  const composites = Object.values(schema.getTypeMap()).filter((type) => graphql.isCompositeType(type) && !type.name.startsWith('__'));
  const inputs = Object.values(schema.getTypeMap()).filter((type) => graphql.isInputType(type) && !type.name.startsWith('__'));
  const words = [
    ...composites, ...inputs,
    ...composites.flatMap((type) => (graphql.isUnionType(type) ? [] : Object.values(type.getFields()))),
    ...composites.flatMap((type) => (graphql.isUnionType(type) ? [] : Object.values(type.getFields()).flatMap((field) => field.args))),
  ].map((thing) => thing.name).concat(['BOOK', 'FOOD', 'NAME', 'nope', 'Nope', '__typename', 'F0', 'F1', 'v0', 'v1', 'on', 'true', 'null', 'skip', 'include', 'onField', 'mark', 'if']);
  const pieces = ['{', '}', '(', ')', '[', ']', ':', '=', '!', '@', '$', '|', '&', '...', '"', '"""', '1', '1.5', '-0', '01', '1.', '.5', '"a"', '#c\n', '\\', '\u00e9', '\u{1F600}', '\ufeff', 'query', 'fragment', 'on', 'type X { a: Int }', '0x1', "'", '\t', '\r\n', '\r', ',', '"\\u{1F600}"', '"\\uD83D"', '"\\x"', '"\n"', '"""a\n  b\n"""', '%', '?', '..'];

  let variables, values, fragments, budget, damage;

  const stringLiteral = () => pick(['"a"', '""', '"x y"', '"\\u00e9\\n\\"\\\\"', '"\u{1F600}é"', '"""block "quoted" \\""" end"""', '"""\n      two\n        lines\n      """', '"\\uD83D\\uDE00"', '"\\u{1F600}"', '"/"']);
  const numbers = () => pick(['0', '1', '-7', '42', '2147483647', '-2147483648', '2147483648']);

  function badLiteral() {
    return pick(['1', '1.5', '"x"', 'true', 'null', 'NOPE', '[1]', '{a: 1}', '{}', '[]', '99999999999']);
  }

  // A literal of the type; `free` allows variables in it.
  function literal(type, depth, free) {
    if (damage && chance(0.05)) return badLiteral();
    if (free && chance(0.2)) return variable(type);
    if (graphql.isNonNullType(type)) return literalNonNull(type.ofType, depth, free);
    if (chance(0.08)) return 'null';
    return literalNonNull(type, depth, free);
  }

  function literalNonNull(type, depth, free) {
    if (graphql.isListType(type)) {
      if (chance(0.2)) return literalNonNull(graphql.getNullableType(type.ofType), depth + 1, free);
      return '[' + Array.from({ length: below(3) }, () => literal(type.ofType, depth + 1, free)).join(chance(0.5) ? ', ' : ' ') + ']';
    }
    if (graphql.isEnumType(type)) return pick(type.getValues()).name;
    if (graphql.isInputObjectType(type)) {
      const fields = Object.values(type.getFields());
      const chosen = type.isOneOf ? [pick(fields)]
        : fields.filter((field) => graphql.isRequiredInputField(field) ? !(damage && chance(0.1)) : depth < 3 && chance(0.4));
      if (damage && chance(0.05)) chosen.push(pick(fields));
      const parts = chosen.map((field) => `${field.name}: ${type.isOneOf ? literal(new graphql.GraphQLNonNull(field.type), depth + 1, false) : literal(field.type, depth + 1, free)}`);
      if (damage && chance(0.05)) parts.push('nope: 1');
      return `{${parts.join(', ')}}`;
    }
    switch (type.name) {
      case 'Int': return chance(0.95) ? pick(['0', '1', '-7', '42', '2147483647', '-2147483648']) : numbers();
      case 'Float': return pick(['1', '1.5', '-0.25', '1e3', '1.0E-2', '123456789.125', '0.1']);
      case 'String': return stringLiteral();
      case 'Boolean': return pick(['true', 'false']);
      case 'ID': return pick(['"a"', '1', '"7"', '007'.slice(2), '-3']);
      default: return pick(['1', '"x"', '[1, {a: [true, null]}]', '{k: ENUM, l: 1.5}', 'false']);
    }
  }

  // A JSON value of the type, for a variable.
  function json(type, depth) {
    if (chance(0.04)) return pick([null, 1, 1.5, 'x', true, [], {}, [1], { a: 1 }, 4294967296, [[null]], 'BOOK', { from: 'x' }]);
    if (graphql.isNonNullType(type)) return jsonNonNull(type.ofType, depth);
    return chance(0.1) ? null : jsonNonNull(type, depth);
  }

  function jsonNonNull(type, depth) {
    if (graphql.isListType(type)) {
      if (chance(0.15)) return jsonNonNull(graphql.getNullableType(type.ofType), depth + 1);
      return Array.from({ length: below(3) }, () => json(type.ofType, depth + 1));
    }
    if (graphql.isEnumType(type)) return pick(type.getValues()).name;
    if (graphql.isInputObjectType(type)) {
      const out = {};
      const fields = Object.values(type.getFields());
      for (const field of type.isOneOf ? [pick(fields)] : fields) {
        if (type.isOneOf || (graphql.isRequiredInputField(field) ? !chance(0.05) : depth < 3 && chance(0.5))) out[field.name] = json(field.type, depth + 1);
      }
      if (chance(0.03)) out.nope = 1;
      return out;
    }
    switch (type.name) {
      case 'Int': return pick([0, 1, -7, 2147483647, 1.0]);
      case 'Float': return pick([0, 1, 1.5, -2.25e-7, 1e21, 0.1]);
      case 'String': return pick(['', 'a', 'é\n"\u{1F600}', '\u0001']);
      case 'Boolean': return chance(0.5);
      case 'ID': return pick(['a', '1', 7, -3]);
      default: return pick([1, 'x', [1, { a: null }], { z: 1, a: [1.5] }, false]);
    }
  }

  function variable(type) {
    const known = variables.filter((one) => String(one.type) === String(type));
    if (known.length > 0 && chance(0.5)) return '$' + pick(known).name;
    if (damage && chance(0.1)) return pick(['$nope', '$v0', '$v1']);
    let declared = type;
    if (damage && chance(0.1)) declared = pick(inputs);
    else if (!graphql.isNonNullType(type) && chance(0.3)) declared = new graphql.GraphQLNonNull(type);
    const name = `v${variables.length}`;
    const free = variables;
    variables = [];
    const fallback = chance(0.3) ? ` = ${literal(declared, 1, false)}` : '';
    variables = free;
    variables.push({ name, type, text: `$${name}: ${declared}${fallback}${chance(0.03) ? ' @mark' : ''}` });
    if (fallback === '' ? (graphql.isNonNullType(declared) ? !chance(0.03) : chance(0.7)) : chance(0.5)) values[name] = json(declared, 0);
    return '$' + name;
  }

  function argumentList(definitions) {
    const parts = [];
    for (const argument of definitions) {
      const wanted = graphql.isRequiredArgument(argument) ? !(damage && chance(0.06)) : chance(0.35);
      if (wanted) parts.push(`${argument.name}: ${literal(argument.type, 0, true)}`);
    }
    if (damage && chance(0.03)) parts.push(`${pick(words)}: ${badLiteral()}`);
    if (damage && parts.length > 0 && chance(0.02)) parts.push(parts[0]);
    return parts.length === 0 ? '' : `(${parts.join(', ')})`;
  }

  function directives(names) {
    if (!chance(0.12)) return '';
    let out = '';
    do {
      const name = damage && chance(0.15) ? pick(['nope', 'skip', 'onQuery', 'onField', 'mark', 'deprecated']) : pick(names);
      const definition = schema.getDirective(name);
      out += ` @${name}${definition ? argumentList(definition.args) : pick(['', '(a: 1)', '(id: $v0)'])}`;
    } while (chance(0.2));
    return out;
  }

  function selectionSet(type, depth) {
    const lines = [];
    const fields = graphql.isUnionType(type) ? [] : Object.values(type.getFields());
    const count = 1 + below(4);
    for (let i = 0; i < count && budget > 0; i++) {
      budget--;
      const roll = next();
      if (roll < 0.12) lines.push('__typename');
      else if (roll < 0.24 || fields.length === 0) lines.push(fragment(type, depth));
      else if (roll < 0.26 && type === schema.getQueryType()) lines.push(introspection());
      else lines.push(field(type, pick(fields), depth));
    }
    if (lines.length === 0) lines.push('__typename');
    if (damage && chance(0.02)) lines.push(pick(words));
    return `{${pick([' ', '\n', '\n  '])}${lines.join(pick(['\n', ' ', ', ', '\n    ']))}${pick([' ', '\n'])}}`;
  }

  function field(type, definition, depth) {
    const named = graphql.getNamedType(definition.type);
    const leaf = graphql.isLeafType(named);
    if (!leaf && depth >= 4) return '__typename';
    const text = definition.name + argumentList(definition.args) + directives(['skip', 'include', 'onField', 'mark']);
    // Most fields with arguments get an alias of their own, so that they do not conflict.
    const alias = definition.args.length > 0 ? chance(0.85) : chance(0.1);
    const prefix = alias ? `${chance(0.9) ? `a${below(1000)}` : pick(['a', 'id', 'name'])}: ` : '';
    const below_ = leaf ? (damage && chance(0.02) ? ' { id }' : '') : damage && chance(0.03) ? '' : ' ' + selectionSet(named, depth + 1);
    return prefix + text + below_;
  }

  function overlapping(type) {
    const possible = graphql.isAbstractType(type) ? schema.getPossibleTypes(type) : [type];
    return composites.filter((other) => possible.some((one) => one === other || (graphql.isAbstractType(other) && schema.isSubType(other, one))));
  }

  function fragment(type, depth) {
    const condition = damage && chance(0.08) ? pick([...composites, schema.getType('Int')]) : pick(overlapping(type));
    if (chance(0.5) || depth >= 4) {
      const on = condition === type && chance(0.4) ? '' : ` on ${damage && chance(0.03) ? 'Nope' : condition.name}`;
      const set = graphql.isCompositeType(condition) ? selectionSet(condition, depth + 1) : '{ id }';
      return `...${on}${directives(['skip', 'include', 'onField'])} ${set}`;
    }
    const known = fragments.filter((one) => one.type === condition && (one.done || (damage && chance(0.2))));
    let chosen = known.length > 0 && chance(0.6) ? pick(known) : null;
    if (chosen === null) {
      chosen = { name: `F${fragments.length}`, type: condition, done: false, text: '' };
      fragments.push(chosen);
      const set = graphql.isCompositeType(condition) ? selectionSet(condition, depth + 1) : '{ id }';
      chosen.text = `${chance(0.05) ? '"described" ' : ''}fragment ${chosen.name} on ${condition.name}${chance(0.1) ? ' @mark' : ''} ${set}`;
      chosen.done = true;
    }
    return `...${damage && chance(0.03) ? 'Nope' : chosen.name}${directives(['skip', 'include', 'onField', 'mark'])}`;
  }

  function introspection() {
    const name = pick(['Product', 'Node', 'Found', 'Kind', 'Filter', 'JSON', 'Query', 'Nope', 'OneOf', 'Service', 'String']);
    const type = '{ kind name ofType { kind name ofType { name } } }';
    return pick([
      `__type(name: "${name}") { kind name description specifiedByURL isOneOf interfaces { name } possibleTypes { name } enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason } }`,
      `__type(name: "${name}") { fields { name description isDeprecated args { name defaultValue type ${type} } type ${type} } }`,
      `t: __type(name: "${name}") { name inputFields { name defaultValue type ${type} } enumValues { name } fields(includeDeprecated: true) { name deprecationReason } }`,
      '__schema { description queryType { name } mutationType { name } subscriptionType { name } types { name kind } }',
      '__schema { types { fields { type { name fields { type { fields { name } } } } } } }',
    ]);
  }

  function operation(type, name) {
    const root = type === 'query' ? schema.getQueryType() : type === 'mutation' ? schema.getMutationType() : schema.getSubscriptionType();
    variables = [];
    const fields = Object.values(root.getFields());
    // A subscription has one root field, and conditions there are left alone: the reference implementation throws on some of them.
    const set = type === 'subscription' && !chance(0.1) ? `{ ${field(root, pick(fields), 0).replace(/@(skip|include)\([^)]*\)/, '')} }` : selectionSet(root, 0);
    if (damage && chance(0.03)) variables.push({ name: 'unused', text: '$unused: Int' });
    const definitions = variables.length === 0 ? '' : `(${variables.map((one) => one.text).join(', ')})`;
    const spread = directives(['onQuery']);
    if (name === '' && type === 'query' && definitions === '' && spread === '' && chance(0.7)) return set;
    return `${chance(0.02) ? '"""described"""\n' : ''}${type} ${name}${definitions}${spread} ${set}`;
  }

  function damaged(text) {
    const tokens = text.match(/"""[\s\S]*?"""|"(?:\\.|[^"\\\n])*"|[A-Za-z_]\w*|-?\d[\d.eE+-]*|\.\.\.|[\s,]+|[^\s]/gu) ?? [text];
    for (let edits = 1 + below(2); edits > 0; edits--) {
      const at = below(tokens.length);
      switch (below(6)) {
        case 0: tokens.splice(at, 1); break;
        case 1: tokens.splice(at, 0, tokens[at]); break;
        case 2: tokens[at] = pick(pieces); break;
        case 3: tokens.splice(at, 0, pick(pieces)); break;
        default: {
          const names = tokens.map((token, i) => (/^[A-Za-z_]\w*$/.test(token) ? i : -1)).filter((i) => i >= 0);
          if (names.length > 0) tokens[pick(names)] = pick(words);
        }
      }
      if (tokens.length === 0) tokens.push('{');
    }
    return tokens.join('');
  }

  return () => {
    fragments = [];
    values = {};
    budget = 25;
    const mode = next();
    damage = mode > 0.5;
    const several = chance(0.06);
    const kind = () => (chance(0.82) ? 'query' : chance(0.6) ? 'mutation' : 'subscription');
    const parts = [operation(kind(), several || chance(0.4) ? 'Q' : '')];
    if (several) parts.push(operation(kind(), damage && chance(0.3) ? pick(['', 'Q']) : 'R'));
    for (const one of fragments) parts.splice(chance(0.5) ? parts.length : 0, 0, one.text);
    let document = parts.join('\n\n');
    if (mode > 0.72) document = damaged(document);
    const operationName = several ? pick(['Q', 'R', undefined]) : chance(0.03) ? 'Nope' : undefined;
    return { document, variables: values, operation: operationName };
  };
}

module.exports = { makeGenerator };
