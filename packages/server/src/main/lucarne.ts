#!/usr/bin/env node
/**
 * The command line: `lucarne serve` and the operator commands. Each command lives in a file of its own and gives the
 * exit status.
 */
import { Command, InvalidArgumentError } from 'commander';
import type { ConfigurationSource } from '../config/configuration-files.ts';
import type { PurgeFlags } from './commands/database.ts';
import type { ConfigurationArguments } from './configuration.ts';

interface GlobalFlags {
  readonly configFile: readonly ConfigurationSource[] | undefined;
  readonly configDir: readonly ConfigurationSource[] | undefined;
  readonly host?: string;
  readonly port?: string;
  readonly dataDir?: string;
  readonly debug?: boolean;
}

interface LoadFlags {
  readonly merge?: boolean;
  readonly preferNew?: boolean;
  readonly overwrite?: boolean;
}

interface CheckFlags {
  readonly rule: string;
  readonly token?: string;
  readonly roles?: readonly string[];
  readonly serviceRoles?: readonly string[];
  readonly user?: string;
  readonly project?: string;
  readonly domain?: string;
  readonly systemScope?: string | true;
  readonly image?: string;
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

  const purges = {
    purge: ['purge', 'really delete what was deleted long ago: tasks, and all that hung on images'],
    'purge-images': ['purgeImagesTable', 'really delete images, after db purge; their ids can be used again then'],
  } as const;
  for (const [name, [run, description]] of Object.entries(purges)) {
    configurable(database.command(name).description(description))
      .option('--age-in-days <number>', 'only what was deleted so long ago', ageInDays, name === 'purge' ? 30 : 180)
      .option('--max-rows <number>', 'at most so many rows of a table; -1 for all', mostRows, 100)
      .action((flags: GlobalFlags & PurgeFlags) => {
        finish(import('./commands/database.ts').then((commands) => commands[run](argumentsOf(flags), flags)));
      });
  }

  addCacheCommands(program.command('cache'), { configurable, argumentsOf, finish });
  configurable(program.command('images').description('look after images').command('restore'))
    .description('bring images back whose deletion is put off, as long as their data are there')
    .argument('<image-id...>', 'images to restore')
    .action((ids: readonly string[], flags: GlobalFlags) => {
      finish(import('./commands/images.ts').then(({ restore }) => restore(argumentsOf(flags), ids)));
    });
  addMetadefCommands(program.command('metadefs'), { configurable, argumentsOf, finish });
  addPolicyCommands(program.command('policy'), { configurable, argumentsOf, finish });
  return program;
}

/** Days that have passed since times are counted, 1970, are the most. */
function ageInDays(text: string): number {
  const most = Math.floor(Date.now() / 86_400_000);
  if (!/^\d{1,6}$/.test(text) || Number(text) >= most) {
    throw new InvalidArgumentError(`An age is a number of days from 0 to ${most - 1}.`);
  }
  return Number(text);
}

function mostRows(text: string): number {
  if (!/^(?:-1|\d{1,10})$/.test(text) || Number(text) > 2_147_483_647) {
    throw new InvalidArgumentError('A number of rows is -1, for all, or a number from 0 to 2147483647.');
  }
  return Number(text);
}

interface CommandSurroundings {
  /** Adds the flags that say where the configuration is. */
  readonly configurable: (command: Command) => Command;
  readonly argumentsOf: (flags: GlobalFlags) => ConfigurationArguments;
  readonly finish: (status: Promise<number>) => void;
}

function addCacheCommands(cache: Command, { configurable, argumentsOf, finish }: CommandSurroundings): void {
  cache.description('look after the image cache of this node');
  const descriptions = {
    list: 'print what is cached and what is queued',
    prune: 'remove the images that were not used for longest, until the cache is within its size',
    clean: 'remove unfinished and bad copies',
  } as const;
  for (const name of ['list', 'prune', 'clean'] as const) {
    configurable(cache.command(name).description(descriptions[name])).action((flags: GlobalFlags) => {
      finish(import('./commands/cache.ts').then((commands) => commands[name](argumentsOf(flags))));
    });
  }
  configurable(
    cache.command('prefetch [images...]').description('fetch these images into the cache, or all that are queued'),
  ).action((images: readonly string[], flags: GlobalFlags) => {
    finish(import('./commands/cache.ts').then(({ prefetch }) => prefetch(argumentsOf(flags), images)));
  });
}

function addMetadefCommands(metadefs: Command, { configurable, argumentsOf, finish }: CommandSurroundings): void {
  metadefs.description('look after the metadata definitions');
  configurable(
    metadefs
      .command('load [path]')
      .description('load a file of definitions, or all of a folder (metadata_source_path)'),
  )
    .option('--merge', 'add to namespaces that are there what they lack')
    .option('--prefer-new', 'with --merge: change what is there, too')
    .option('--overwrite', 'with --merge: delete namespaces that are there first')
    .action((path: string | undefined, flags: GlobalFlags & LoadFlags) => {
      const { merge = false, preferNew = false, overwrite = false } = flags;
      const wanted = { path, merge, preferNew, overwrite };
      finish(import('./commands/metadefs.ts').then(({ load }) => load(argumentsOf(flags), wanted)));
    });
  configurable(
    metadefs
      .command('unload')
      .description('remove all definitions, also those that users made, and all resource types'),
  ).action((flags: GlobalFlags) => {
    finish(import('./commands/metadefs.ts').then(({ unload }) => unload(argumentsOf(flags))));
  });
  configurable(
    metadefs.command('export <folder>').description('write a file of definitions for every namespace'),
  ).action((folder: string, flags: GlobalFlags) => {
    finish(import('./commands/metadefs.ts').then(({ exportTo }) => exportTo(argumentsOf(flags), folder)));
  });
}

function addPolicyCommands(policy: Command, { configurable, argumentsOf, finish }: CommandSurroundings): void {
  policy.description('look at the rules of who may do what');
  const target = new Map<string, string>();
  configurable(
    policy
      .command('check')
      .description('explain why a rule allows (status 0) or denies (1); 2 when there is no answer'),
  )
    .requiredOption('--rule <name>', 'the rule to ask, for example delete_image')
    .option('--token <token>', 'a token of who asks; - reads it from standard input, where no other user sees it')
    .option('--roles <roles>', 'roles of who asks instead, separated by commas', namesIn)
    .option('--service-roles <roles>', 'roles of the service that asks for somebody, separated by commas', namesIn)
    .option('--user <id>', 'id of the user who asks')
    .option('--project <id>', 'id of the project the token is for')
    .option('--domain <id>', 'id of the domain the token is for')
    .option('--system-scope [all]', 'the token is for the whole system')
    .option('--image <id>', 'the image that is acted upon')
    .option('--target <name=value>', 'a fact of what is acted upon; may be repeated', (text: string) =>
      addFact(target, text),
    )
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
    .action((flags: GlobalFlags & CheckFlags) => {
      const { rule, token, roles, serviceRoles = [], user, project, domain, image } = flags;
      const systemScope = flags.systemScope === true ? 'all' : flags.systemScope;
      const wanted = { rule, token, roles, serviceRoles, user, project, domain, systemScope, image, target };
      finish(import('./commands/policy.ts').then(({ check }) => check(argumentsOf(flags), wanted)));
    });
  configurable(policy.command('list').description('print the rules in force, and where they are from'))
    .option('--json', 'print all that is known about them, as JSON')
    .action((flags: GlobalFlags & { readonly json?: boolean }) => {
      const { json = false } = flags;
      finish(import('./commands/policy.ts').then(({ list }) => list(argumentsOf(flags), { json })));
    });
  policy
    .command('sample')
    .description('print the default rules as a policy file, with what each is about')
    .option('--active', 'print rules that hold, instead of commenting them out')
    .action(({ active = false }: { readonly active?: boolean }) => {
      finish(import('./commands/policy.ts').then(({ sample }) => sample({ active })));
    });
}

function namesIn(text: string): readonly string[] {
  return text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

function addFact(facts: Map<string, string>, text: string): ReadonlyMap<string, string> {
  const equals = text.indexOf('=');
  if (equals < 1) throw new InvalidArgumentError('A fact is a name, an equals sign and a value.');
  return facts.set(text.slice(0, equals), text.slice(equals + 1));
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
