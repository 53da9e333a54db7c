/** Is in every hostile string, and in nothing that the plugin or the tests write themselves. */
export const MARK = 'hostile';

/** What a shell, a parser of options or of lines, a path or a terminal would take for more than a word. */
export const HOSTILE: readonly string[] = [
  `-${MARK}`,
  `${MARK}\n-F -j ACCEPT`,
  `10.0.0.1\n${MARK}`,
  `${MARK}"'\\ $(${MARK})\`${MARK}\`;|&%s%n{}`,
  `${MARK}\0`,
  `../../${MARK}`,
  `\u202e${MARK}\u00e9\u{1f4a5}`,
  `${MARK}${'x'.repeat(10_000)}`,
];

type Json = string | number | boolean | null | undefined | readonly Json[] | { readonly [name: string]: Json };

/** The same body as often as it has strings, each time with another of them replaced; and with what its path is. */
export function replacing(body: Json, hostile: string): (readonly [path: string, body: Json])[] {
  if (typeof body === 'string') return [['', hostile]];
  if (typeof body !== 'object' || body === null) return [];
  return Object.entries(body).flatMap(([name, value]) =>
    replacing(value, hostile).map(
      ([path, replaced]) =>
        [
          `.${name}${path}`,
          Array.isArray(body) ? body.with(Number(name), replaced) : { ...body, [name]: replaced },
        ] as const,
    ),
  );
}
