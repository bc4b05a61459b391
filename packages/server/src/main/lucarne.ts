#!/usr/bin/env node
/**
 * The command line: `lucarne serve` and the operator commands. Each command lives in a file of its own and gives the
 * exit status.
 */
import { Command, InvalidArgumentError } from 'commander';
import type { ConfigurationSource } from '../config/configuration-files.ts';
import type { ConfigurationArguments } from './configuration.ts';

interface GlobalFlags {
  readonly configFile: readonly ConfigurationSource[] | undefined;
  readonly configDir: readonly ConfigurationSource[] | undefined;
  readonly host?: string;
  readonly port?: string;
  readonly dataDir?: string;
  readonly debug?: boolean;
}

function buildProgram(finish: (status: Promise<number>) => void): Command {
  const program = new Command('lucarne').description('The OpenStack Image service.').showHelpAfterError();
  const sources: ConfigurationSource[] = [];

  function configurable(command: Command): Command {
    return command
      .option('--config-file <file>', 'configuration file in the form of glance-api.conf; may be repeated', (path) => {
        sources.push({ kind: 'file', path });
        return sources;
      })
      .option('--config-dir <folder>', 'folder whose *.conf files are read too; may be repeated', (path) => {
        sources.push({ kind: 'directory', path });
        return sources;
      })
      .option('--data-dir <folder>', 'where everything is kept that is not configured elsewhere')
      .option('--debug', 'log more');
  }

  function argumentsOf(flags: GlobalFlags): ConfigurationArguments {
    const { host, port, dataDir, debug } = flags;
    return { sources, flags: { host, port, dataDir, debug } };
  }

  configurable(program.command('serve').description('run the service'))
    .option('--port <number>', 'port to listen on; 0 takes any free one', portNumber)
    .option('--host <address>', 'address to listen on')
    .action((flags: GlobalFlags) => {
      finish(import('./commands/serve.ts').then(({ serve }) => serve(argumentsOf(flags))));
    });

  const database = program.command('db').description('look after the database');
  const databaseCommands = {
    sync: 'create what the database lacks',
    version: 'print the revision of the database',
    check: 'exit 0 when the database is ready, 3 when db sync has work to do, 5 when it belongs to something else',
  } as const;
  for (const name of ['sync', 'version', 'check'] as const) {
    configurable(database.command(name).description(databaseCommands[name])).action((flags: GlobalFlags) => {
      finish(import('./commands/database.ts').then((commands) => commands[name](argumentsOf(flags))));
    });
  }
  return program;
}

function portNumber(text: string): string {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535) {
    throw new InvalidArgumentError('A port is a number from 0 to 65535.');
  }
  return text;
}

async function main(): Promise<void> {
  let status: Promise<number> = Promise.resolve(0);
  await buildProgram((running) => {
    status = running;
  }).parseAsync();
  process.exitCode = await status;
}

await main();
