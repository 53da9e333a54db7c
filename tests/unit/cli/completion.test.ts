import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../../support/command-line.ts';
import { runWith } from './support/run-with.ts';
import { DEFAULT_GROUP, ENDPOINTS, ENGINE, NETWORKS, OFFICES, WEB } from './support/sample.ts';

const ALL = {
  'GET /v1/groups': [WEB, { ...WEB, name: 'client' }, DEFAULT_GROUP],
  'GET /v1/lists': [OFFICES],
  'GET /v1/endpoints': ENDPOINTS,
  'GET /v1/networks': NETWORKS,
};

/** What the last word of the line may become; the line ends where the cursor stands. */
async function offered(line: string): Promise<readonly string[]> {
  const { code, stdout, stderr } = await runWith(ALL, ['__complete', ...line.split(' ')], { engine: ENGINE });
  expect([code, stderr]).toEqual([0, '']);
  return stdout.split('\n').filter(Boolean);
}

test.each([
  ['gr', ['group']],
  ['group ', ['create', 'list', 'show', 'delete']],
  ['address-list de', ['delete']],
  ['group show ', ['web', 'client', 'default@front']],
  ['group show default@f', ['default@front']],
  ['--json group show w', ['web']],
  ['group create ', []],
  ['rule add w', ['web']],
  ['rule add web ', []],
  ['rule add web --ing', ['--ingress']],
  ['rule add web --from ', ['any', 'group:web', 'group:client', 'group:default@front', 'list:offices']],
  ['rule add web --tcp 80 --from group:c', ['group:client']],
  ['rule add --from any w', ['web']],
  ['rule add web --tcp --fr', ['--from']],
  ['rule delete web ', []],
  ['address-list add ', ['offices']],
  ['endpoint show ', ['web@front', 'web@back', 'db']],
  ['endpoint set-groups db client w', ['web']],
  ['endpoint list --network b', ['back']],
  ['explain --from ', ['outside', 'host', 'web@front', 'web@back', 'db']],
  ['explain --from db --to h', ['host']],
  ['completion ', ['bash', 'zsh', 'fish']],
  ['apply -f ', []],
  ['status ', []],
  ['po', ['pool', 'ports']],
  ['ports ', []],
  ['nonsense ', []],
  ['status --s', ['--socket']],
])('drawbridge %s<Tab>', async (line, expected) => {
  const found = await offered(line);

  if (line === 'nonsense ') expect(found).toContain('group');
  else expect(found).toEqual(expected);
});

test('where the plugin cannot be asked, what needs no plugin is offered all the same, and nothing is said', async () => {
  expect(await run(['__complete', 'group', 'show', ''])).toEqual({ code: 0, stdout: '', stderr: '' });
  expect((await run(['__complete', 'explain', '--from', ''])).stdout).toBe('outside\nhost\n');
});

test('a plugin that never answers costs a second', async () => {
  const started = performance.now();
  const { code } = await runWith({ 'GET /v1/groups': () => {} }, ['__complete', 'group', 'show', '']);

  expect(code).toBe(0);
  expect(performance.now() - started).toBeLessThan(2_500);
});

test('--socket on the line that is being typed is where names come from', async () => {
  const { plugin } = await runWith(ALL, ['__complete', 'group', 'show', '--socket', '/nowhere/d.sock', '']);

  expect(plugin.lines).toEqual([]);
});

describe('in bash', () => {
  let directory: string;
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'db-bash-'));
    writeFileSync(join(directory, 'completion.bash'), (await run(['completion', 'bash'])).stdout);
    // Stands in for the command: prints the words that it was handed, then candidates for the last of them.
    writeFileSync(
      join(directory, 'drawbridge'),
      '#!/bin/sh\nprintf "[%s]" "$@" >"$0.words"\nfor last; do :; done\nprintf "%sx\\n%sy\\n" "$last" "$last"\n',
    );
    chmodSync(join(directory, 'drawbridge'), 0o755);
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  /** Calls the function as bash does at a press of Tab at the end of the line. */
  function tab(line: string, words: readonly string[]): string {
    const script = `source "$DIR/completion.bash"
      COMP_LINE=$1 COMP_POINT=\${#1}; shift
      COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
      _drawbridge drawbridge "" ""
      cat "$DIR/drawbridge.words"; printf ' %s' "\${COMPREPLY[@]}"`;
    const env = { PATH: `${directory}:${process.env.PATH}`, DIR: directory };
    return execFileSync('bash', ['--norc', '-c', script, 'bash', line, ...words], { env, encoding: 'utf8' });
  }

  test.each([
    ['drawbridge gr', ['drawbridge', 'gr'], '[__complete][gr] grx gry'],
    ['drawbridge group ', ['drawbridge', 'group', ''], '[__complete][group][] x y'],
    ['drawbridge --from group:w', ['drawbridge', '--from', 'group', ':', 'w'], '[__complete][--from][group:w] wx wy'],
    ['drawbridge --from group:', ['drawbridge', '--from', 'group', ':'], '[__complete][--from][group:] x y'],
    ['drawbridge show web@f', ['drawbridge', 'show', 'web', '@', 'f'], '[__complete][show][web@f] fx fy'],
  ])('%s<Tab>', (line, words, expected) => {
    expect(tab(line, words)).toBe(expected);
  });

  test('the function is registered for drawbridge', () => {
    const script = `source ${directory}/completion.bash; complete -p drawbridge`;
    expect(execFileSync('bash', ['--norc', '-c', script], { encoding: 'utf8' })).toBe(
      'complete -o default -F _drawbridge drawbridge\n',
    );
  });
});

test.each(['zsh', 'fish'])(
  'the script for %s hands the words over; where the shell is here, it can read it',
  async (shell) => {
    const { code, stdout } = await run(['completion', shell]);

    expect(code).toBe(0);
    expect(stdout).toContain('command drawbridge __complete ');
    const { error, status } = spawnSync(shell, ['-n'], { input: stdout });
    if (!error) expect(status).toBe(0);
  },
);
