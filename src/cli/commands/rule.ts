import type { Command } from 'commander';
import type { Group, Rule } from '../api/types.ts';
import { UsageError } from '../failures.ts';
import type { Session } from '../session.ts';
import { ruleWords } from '../words/rule.ts';
import { table } from '../words/table.ts';
import { examples } from './examples.ts';
import { addPacketOptions } from './packet-options.ts';
import { type RuleOptions, ruleOf } from './rule-options.ts';

const GROUP = 'group:';

export function addRuleCommands(program: Command, session: Session): void {
  const rule = program.command('rule').description('the permissions that a group consists of');
  const add = rule
    .command('add <group>')
    .description('permit something; what no rule permits is denied')
    .option('--ingress', 'what may come in (--from says it as well)')
    .option('--egress', 'what may go out (--to says it as well)')
    .option('--from <remote>', 'any, an address, a CIDR, group:NAME or list:NAME')
    .option('--to <remote>', 'the same for egress');
  addPacketOptions(add, '[ports]')
    .addHelpText(
      'after',
      examples(
        'drawbridge rule add web --ingress --tcp 80,443 --from group:client',
        'drawbridge rule add db --from group:web --tcp 5432',
        'drawbridge rule add client --egress --udp 53 --to 192.0.2.53',
        'drawbridge rule add client --to list:offices --ipv4',
        'drawbridge rule add web --from any --icmp 8/0',
      ),
    )
    .action((group: string, options: RuleOptions) => addRule(group, options, session));
  rule
    .command('list <group>')
    .description('the rules of a group, and how many packets each has let through')
    .addHelpText('after', examples('drawbridge rule list web'))
    .action((group: string) => listRules(group, session));
  rule
    .command('delete <group> <rule-id>')
    .description('take a permission back; a unique beginning of the id is enough')
    .addHelpText('after', examples('drawbridge rule delete web 4f1c'))
    .action((group: string, id: string) => deleteRule(group, id, session));
}

async function addRule(group: string, options: RuleOptions, session: Session): Promise<void> {
  const body = ruleOf(options);
  const remote = body.remote.startsWith(GROUP)
    ? GROUP + (await session.groupMeant(body.remote.slice(GROUP.length)))
    : body.remote;
  const api = await session.api();
  const changed = await api.addRule(await session.groupMeant(group), { ...body, remote });
  session.print(changed, `${group}: added ${ruleWords(body, await session.names())}\n`);
}

async function listRules(said: string, session: Session): Promise<void> {
  const api = await session.api();
  const name = await session.groupMeant(said);
  const [{ rules }, counters, names] = await Promise.all([api.group(name), api.counters(name), session.names()]);
  session.print(
    rules.map((rule) => ({ ...rule, ...counters[rule.id] })),
    table(
      ['RULE-ID', 'RULE', 'PACKETS', 'BYTES'],
      rules.map((rule) => {
        const { packets = '', bytes = '' } = counters[rule.id] ?? {};
        return [rule.id, ruleWords(rule, names), packets, bytes];
      }),
    ),
  );
}

async function deleteRule(said: string, id: string, session: Session): Promise<void> {
  const api = await session.api();
  const group = await api.group(await session.groupMeant(said));
  const rule = ruleMeant(id, said, group);
  const changed = await api.deleteRule(group.name, rule);
  session.print(changed, `${said}: deleted ${ruleWords(rule, await session.names())}\n`);
}

function ruleMeant(id: string, said: string, { rules }: Group): Rule {
  if (!id) throw new UsageError('which rule? drawbridge rule list shows the ids');
  const [only, ...others] = rules.filter((rule) => rule.id.startsWith(id));
  if (!only) throw new Error(`group ${said} has no rule ${id}: drawbridge rule list ${said} shows what it has`);
  if (others.length)
    throw new Error(
      `several rules of group ${said} begin with ${id}: write more of ${[only, ...others].map((rule) => rule.id).join(' or ')}`,
    );
  return only;
}
