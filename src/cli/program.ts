import { Command } from 'commander';
import { addAddressListCommands } from './commands/address-list.ts';
import { addCompletionCommand } from './commands/completion.ts';
import { addDeniedCommand } from './commands/denied.ts';
import { addDoctorCommand } from './commands/doctor.ts';
import { addEndpointCommands } from './commands/endpoint.ts';
import { examples } from './commands/examples.ts';
import { addExplainCommand } from './commands/explain.ts';
import { addGroupCommands } from './commands/group.ts';
import { addNetworkCommands } from './commands/network.ts';
import { addPolicyCommands } from './commands/policy.ts';
import { addPoolCommands } from './commands/pool.ts';
import { addPortsCommand } from './commands/ports.ts';
import { addRuleCommands } from './commands/rule.ts';
import { addStatusCommand } from './commands/status.ts';
import type { Session } from './session.ts';

/** The tree of commands; `--help` and completion read it as well. */
export function buildProgram(session: Session): Command {
  const program = new Command('drawbridge')
    .description('Security groups, endpoints and addresses of the Drawbridge network plugin')
    .option('--json', 'print what the plugin answers, with names added, instead of a table')
    .option('--socket <path>', "the plugin's socket; else DRAWBRIDGE_SOCKET, else it is found")
    .exitOverride()
    // Errors are written by runCli, as one sentence; help that nobody asked for still goes to stderr.
    .configureOutput({ writeOut: session.io.stdout, writeErr: session.io.stderr, outputError: () => {} })
    .configureHelp({ showGlobalOptions: true })
    .helpCommand(false)
    .addHelpText(
      'after',
      examples(
        'drawbridge group create web',
        'drawbridge rule add web --ingress --tcp 80,443 --from group:client',
        'drawbridge endpoint set-groups shop web',
        'drawbridge explain --from outside --to shop --tcp 443',
      ),
    );
  addGroupCommands(program, session);
  addRuleCommands(program, session);
  addAddressListCommands(program, session);
  addEndpointCommands(program, session);
  addNetworkCommands(program, session);
  addPoolCommands(program, session);
  addPortsCommand(program, session);
  addPolicyCommands(program, session);
  addExplainCommand(program, session);
  addDeniedCommand(program, session);
  addStatusCommand(program, session);
  addDoctorCommand(program, session);
  addCompletionCommand(program, session);
  // --help does it, with one spelling.
  for (const command of program.commands) command.helpCommand(false);
  return program;
}
