import { Readable } from 'node:stream';
import type { Container } from '../../support/docker-container.ts';
import { COMMAND } from '../../support/engine-plugin.ts';
import { inGroups, type Scenarios } from '../stage.ts';

const POLICY = `groups:
  web:
  db:
    description: Keeps what web tells it
    rules:
      - { direction: ingress, protocol: tcp, ports: [80], remote: group:web }
      - { direction: ingress, protocol: icmp, remote: list:offices }
  closed:
    rules: []
lists:
  offices: [192.0.2.0/24]
`;

/** `drawbridge` as a user of the engine's host has it: out of the installed plugin, with the engine's names. */
export const commandLine: Scenarios = (stage) => {
  const drawbridge = (line: string) => stage().drawbridge(line);

  test('explain says by names what happens, set-groups changes it at once, counters and denied show it', async () => {
    await stage().apply(POLICY);
    await stage().network('n1', '--subnet', '10.79.1.0/24');
    const web = await stage().run('web', inGroups('n1', 'web'));
    await stage().run('db', inGroups('n1', 'db'));

    await web.gets('10.79.1.3');
    expect(await drawbridge('explain --from web --to db --tcp 80')).toMatch(
      /^10\.79\.1\.2 \(web@n1\) -> 10\.79\.1\.3 \(db@n1\): allowed\n(.*\n)+.*group db permits it by "ingress tcp 80 from group:web"/,
    );
    const [rule] = JSON.parse(await drawbridge('rule list db --json')) as { packets: number }[];
    expect(rule?.packets).toBeGreaterThan(0);
    await expect(drawbridge('explain --from web --to db --tcp 5432')).rejects.toMatchObject({
      exitCode: 1,
      output: expect.stringMatching(/db@n1\): denied\n(.*\n)+.*group db has no rule that permits tcp 5432/),
    });
    await expect(drawbridge('explain --from outside --to db --tcp 80')).rejects.toMatchObject({ exitCode: 1 });

    expect(await drawbridge('endpoint set-groups web closed')).toBe('web@n1 has closed');
    expect(await web.isKeptFrom('10.79.1.3')).toBe(true);
    await expect(drawbridge('explain --from web --to db --tcp 80')).rejects.toMatchObject({ exitCode: 1 });
    expect(await firstDeniedOf(web, '10.79.1.3')).toMatch(
      /^\S+Z 10\.79\.1\.2 \(web@n1\) -> 10\.79\.1\.3 \(db@n1\) icmp 8: egress of 10\.79\.1\.2: group closed has no rule/,
    );

    await drawbridge('endpoint set-groups web web');
    await web.gets('10.79.1.3');
    // It rejects where there is a problem.
    expect(await drawbridge('doctor')).toMatch(/^ok +plugin: .*serves calls$/m);
    expect(await drawbridge('endpoint list')).toMatch(/\bweb +n1 +joined +10\.79\.1\.2\/24 +- +web$/m);
  });

  test('a policy with an error is refused by line and column and changes nothing; what is exported can be applied', async () => {
    await stage().network('n1', '--subnet', '10.79.2.0/24');
    await write('/tmp/policy.yaml', POLICY.replace('group:web', 'group:nobody'));
    await expect(drawbridge('apply -f /tmp/policy.yaml')).rejects.toMatchObject({
      exitCode: 1,
      output: expect.stringMatching(/^drawbridge: \/tmp\/policy\.yaml:6:67: .*unknown security group "nobody"/),
    });
    await write('/tmp/policy.yaml', POLICY.replace('ports: [80]', 'ports: [80'));
    await expect(drawbridge('apply -f /tmp/policy.yaml')).rejects.toThrow(/\/tmp\/policy\.yaml:\d+:\d+: /);
    expect(JSON.parse(await drawbridge('export --json'))).toEqual({ groups: {}, lists: {} });

    await write('/tmp/policy.yaml', POLICY);
    expect(await drawbridge('apply -f /tmp/policy.yaml')).toMatch(/^\+ group db\n(.*\n)+4 changes$/m);
    await write('/tmp/policy.yaml', await drawbridge('export'));
    expect(await drawbridge('apply -f /tmp/policy.yaml --prune')).toBe('nothing to change');
    expect(await drawbridge('group list')).toMatch(/^default@n1 /m);
    expect(JSON.parse(await drawbridge('status --json'))).toMatchObject({ networks: 1, groups: 4, lists: 1 });
  });

  const write = (path: string, text: string) =>
    stage().engine.feed(Readable.from([text]), 'sh', '-c', 'cat >"$1"', 'sh', path);

  /** The first line of `denied` while a container sends echo requests. `head` ends the command with its second line. */
  async function firstDeniedOf(container: Container, to: string): Promise<string> {
    const requests = await container.start('ping', '-i', '0.3', '-w', '60', to);
    try {
      return await stage().engine.inside('sh', '-c', `${COMMAND} denied --follow | head -n 1`);
    } finally {
      await requests.interrupt();
    }
  }
};
