import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { VERSION } from '../../../src/config.ts';
import { openApi } from '../../../src/protocol/admin/openapi.ts';
import { ROUTES, type Route } from '../../../src/protocol/admin/routes.ts';

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly schema: object;
}

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly parameters: readonly Parameter[];
  readonly requestBody?: { readonly required: boolean; readonly content: Record<string, { schema: object }> };
  readonly responses: Record<string, { readonly content: Record<string, { schema: object }> }>;
}

interface Document {
  readonly info: { readonly version: string };
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: { readonly schemas: Record<string, Record<string, unknown>> };
}

const document = JSON.parse(JSON.stringify(openApi(VERSION))) as Document;
const routes = Object.entries<Route>(ROUTES);
const pathOf = ({ path }: Route) => `/v1${path.replace(/:(\w+)/g, '{$1}')}`;

const operations = Object.entries(document.paths).flatMap(([path, verbs]) =>
  Object.entries(verbs).map(([verb, operation]) => ({ path, verb, operation })),
);

/** Every object below, the thing itself among them. */
function within(thing: unknown): Record<string, unknown>[] {
  if (typeof thing !== 'object' || thing === null) return [];
  return [thing as Record<string, unknown>, ...Object.values(thing).flatMap(within)];
}

test('docs/openapi.json is what is generated', () => {
  const kept = readFileSync(join(__dirname, '../../../docs/openapi.json'), 'utf8');
  if (kept !== `${JSON.stringify(openApi(VERSION), null, 2)}\n`)
    throw new Error(
      'docs/openapi.json is not what the routes and schemas say any more; refresh it: node scripts/openapi.ts',
    );
});

test('every reference leads to a schema, and every schema is referred to', () => {
  const references = new Set(within(document).flatMap(({ $ref }) => (typeof $ref === 'string' ? [$ref] : [])));
  const places = Object.keys(document.components.schemas).map((id) => `#/components/schemas/${id}`);
  expect([...references].sort()).toEqual(places.sort());
});

test('every route is one operation, and every operation a route', () => {
  expect(operations.map(({ path, verb, operation }) => `${operation.operationId} ${verb} ${path}`).sort()).toEqual(
    routes.map(([name, route]) => `${name} ${route.verb} ${pathOf(route)}`).sort(),
  );
  expect(new Set(routes.map(([, route]) => `${route.verb} ${route.path}`)).size).toBe(routes.length);
});

test.each(operations.map((one) => [one.operation.operationId, one] as const))(
  '%s has the parameters of its path, each with a schema and once',
  (_, { path, operation }) => {
    const inPath = operation.parameters.filter((one) => one.in === 'path');
    expect(inPath.map(({ name }) => `{${name}}`).sort()).toEqual([...(path.match(/\{\w+\}/g) ?? [])].sort());
    for (const { required } of inPath) expect(required).toBe(true);
    for (const { required } of operation.parameters.filter((one) => one.in !== 'path'))
      expect(required ?? false).toBe(false);
    for (const { schema } of operation.parameters) expect(Object.keys(schema)).not.toHaveLength(0);
    expect(new Set(operation.parameters.map((one) => `${one.in} ${one.name}`)).size).toBe(operation.parameters.length);
  },
);

test.each(routes)('%s tells its status, what it takes and answers, and how it fails', (name, route) => {
  const operation = document.paths[pathOf(route)]?.[route.verb];
  expect(operation).toMatchObject({ operationId: name, summary: route.summary });
  expect(Object.keys(operation?.responses ?? {})).toEqual([
    `${route.status}`,
    ...(route.unwell ? [`${route.unwell.status}`] : []),
    'default',
  ]);
  const mediaType = route.stream ? 'application/x-ndjson' : route.text ? 'text/plain' : 'application/json';
  expect(operation?.responses[route.status]?.content[mediaType]?.schema).toBeDefined();
  expect(operation?.responses.default?.content['application/json']?.schema).toEqual({
    $ref: '#/components/schemas/Failure',
  });
  expect(operation?.requestBody?.content['application/json']?.schema).toEqual(
    route.body && { $ref: `#/components/schemas/${route.body.meta()?.id}` },
  );
  const named = operation?.parameters.map((one) => `${one.in} ${one.name}`);
  expect(named?.filter((one) => one.startsWith('query '))).toEqual(
    Object.keys(route.query?.shape ?? {}).map((one) => `query ${one}`),
  );
  expect(named?.includes('header If-Match')).toBe(route.conditional ?? false);
});

test('answers that are lists are lists of what they are made of', () => {
  const schema = (path: string) => document.paths[path]?.get?.responses['200']?.content['application/json']?.schema;
  expect(schema('/v1/groups')).toEqual({ type: 'array', items: { $ref: '#/components/schemas/Group' } });
  expect(schema('/v1/groups/{name}')).toEqual({ $ref: '#/components/schemas/Group' });
});

test('schemas are told by their place alone, and take nothing that they do not name', () => {
  for (const [id, schema] of Object.entries(document.components.schemas)) {
    expect(Object.keys(schema)).not.toEqual(expect.arrayContaining([expect.stringMatching(/^(\$id|id|\$schema)$/)]));
    if (id !== 'Counters') expect(schema).toMatchObject({ type: 'object', additionalProperties: false });
  }
  expect(document.components.schemas.RuleBody).toMatchObject({ required: ['direction', 'remote'] });
  expect(document.components.schemas.Rule?.required).toContain('id');
  expect(document.info.version).toBe(VERSION);
});
