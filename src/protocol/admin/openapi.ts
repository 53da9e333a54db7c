import * as z from 'zod';
import { ROUTES, type Route } from './routes.ts';
import { Failure } from './schemas.ts';

/** The admin API as an OpenAPI 3.1 document, made from the schemas that the server decodes and answers with. */
export function openApi(version: string): object {
  const { schemas } = z.toJSONSchema(z.globalRegistry, { uri: (id) => `#/components/schemas/${id}`, io: 'input' });
  const paths: Record<string, Record<string, object>> = {};
  for (const [operationId, route] of Object.entries<Route>(ROUTES)) {
    const path = `/v1${route.path.replace(/:(\w+)/g, '{$1}')}`;
    paths[path] = { ...paths[path], [route.verb]: operation(operationId, route) };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Drawbridge admin API', version },
    servers: [{ url: 'http://localhost', description: "the plugin's unix socket" }],
    paths,
    components: {
      schemas: Object.fromEntries(Object.entries(schemas).map(([id, schema]) => [id, withoutNames(schema)])),
    },
  };
}

function operation(operationId: string, route: Route): object {
  return {
    operationId,
    summary: route.summary,
    parameters: [
      ...parameters(route.params, 'path'),
      ...parameters(route.query, 'query'),
      ...(route.conditional ? [{ name: 'If-Match', in: 'header', schema: { type: 'string' } }] : []),
    ],
    ...(route.body && {
      requestBody: { required: true, content: { 'application/json': { schema: reference(route.body) } } },
    }),
    responses: {
      [route.status]: { description: 'Done', content: { [mediaTypeOf(route)]: { schema: reference(route.answer) } } },
      ...(route.unwell && { [route.unwell.status]: json('Not well', route.unwell.answer) }),
      default: json('Refused or failed', Failure),
    },
  };
}

const json = (description: string, schema: z.ZodType) => ({
  description,
  content: { 'application/json': { schema: reference(schema) } },
});

const mediaTypeOf = ({ stream, text }: Route) =>
  stream ? 'application/x-ndjson' : (text?.replace(/;.*/, '') ?? 'application/json');

const parameters = (schema: z.ZodObject | undefined, where: 'path' | 'query') =>
  Object.entries(schema?.shape ?? {}).map(([name, each]) => ({
    name,
    in: where,
    required: where === 'path',
    schema: reference(each as z.ZodType),
  }));

/** By its name where it has one, else spelt out. */
function reference(schema: z.ZodType): object {
  const id = schema.meta()?.id;
  if (id) return { $ref: `#/components/schemas/${id}` };
  if (schema instanceof z.ZodArray) return { type: 'array', items: reference(schema.element as z.ZodType) };
  return withoutNames(z.toJSONSchema(schema, { io: 'input' }));
}

/** In an OpenAPI document the place of a schema is its name. */
function withoutNames({ $schema: _, $id: __, id: ___, ...schema }: Record<string, unknown>): object {
  return schema;
}
