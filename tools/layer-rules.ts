/**
 * Which folder may import what, one sentence of reason for each rule, and for each rule a file that breaks it.
 *
 * The direction is `{contract, lib} ← domain ← ports ← {usecases, adapters}`, `usecases ← http`, `lib ← config`,
 * `main → all`. Type-only imports count: a type is a promise about a shape too.
 */

export interface LayerRule {
  readonly name: string;
  readonly reason: string;
  readonly from: ModulePattern;
  readonly to: DependencyPattern;
  /** The smallest tree that breaks the rule: path → text. The first file is the one that breaks it. */
  readonly broken: Readonly<Record<string, string>>;
}

export interface ModulePattern {
  readonly path?: string;
  readonly pathNot?: string | readonly string[];
}

/** A subset of what dependency-cruiser matches a dependency with; `$1` is the first group of the module's pattern. */
export interface DependencyPattern extends ModulePattern {
  readonly dependencyTypes?: readonly string[];
  readonly dependencyTypesNot?: readonly string[];
  readonly circular?: boolean;
  readonly couldNotResolve?: boolean;
}

const server = '^packages/server/src';
/** `x.testing.ts` holds what tests share; a conformance suite stands beside its port. */
const tests = '\\.(test|testing|conformance)\\.ts$';
const npmPackages = '(^|/)node_modules/';
const sqlPackages = `${npmPackages}(kysely|better-sqlite3|pg|mysql2)/`;
const ioModules = '^(node:)?(child_process|cluster|dgram|dns|fs|http|http2|https|net|sqlite|tls|worker_threads)(/|$)';

/** Tests may look sideways, so that a use case can be tried on a real adapter; the product may not. */
function productIn(folder: string): ModulePattern {
  return { path: folder, pathNot: tests };
}

/** Everything of the tree that is not in these folders of the server. */
function outside(...layers: readonly string[]): DependencyPattern {
  return {
    pathNot: [`${server}/(${layers.join('|')})/`, '^packages/contract/src/', npmPackages],
    dependencyTypesNot: ['core'],
    couldNotResolve: false,
  };
}

export const layerRules: readonly LayerRule[] = [
  {
    name: 'contract-imports-nothing',
    reason: 'The wire is read by browsers, by other clients and by the service, so it can lean on none of them.',
    from: productIn('^packages/contract/src/'),
    to: { pathNot: '^packages/contract/src/' },
    broken: {
      'packages/contract/src/a.ts': `import { readFileSync } from 'node:fs';\nexport const a = readFileSync;\n`,
    },
  },
  {
    name: 'client-imports-only-contract',
    reason: 'The client runs in browsers and has no run-time dependency but the wire.',
    from: productIn('^packages/client/src/'),
    to: { pathNot: '^packages/(client|contract)/src/' },
    broken: { 'packages/client/src/a.ts': `import { yaml } from 'yaml';\nexport const a = yaml;\n` },
  },
  {
    name: 'identity-lite-knows-no-server',
    reason:
      'The pocket Keystone stands for a foreign service: whatever it took from the server would hide in no Keystone.',
    from: { path: '^packages/identity-lite/src/' },
    to: { path: '^packages/', pathNot: '^packages/(identity-lite|contract)/src/' },
    broken: {
      'packages/identity-lite/src/a.ts': `import { b } from '@lucarne/server/lib/b.ts';\nexport const a = b;\n`,
      'packages/server/src/lib/b.ts': 'export const b = 1;\n',
    },
  },
  {
    name: 'identity-lite-is-mounted-by-main',
    reason:
      'The service speaks to a Keystone through its port; that one may live in the same process is known to main/ alone.',
    from: { path: `${server}/`, pathNot: [`${server}/main/`, tests] },
    to: { path: '^packages/identity-lite/' },
    broken: {
      'packages/server/src/http/a.ts': `import { b } from '@lucarne/identity-lite/b.ts';\nexport const a = b;\n`,
      'packages/identity-lite/src/b.ts': 'export const b = 1;\n',
    },
  },
  {
    name: 'lib-knows-no-nouns',
    reason: 'lib/ would make sense in a project without images, so it knows nothing of this one.',
    from: productIn(`${server}/lib/`),
    to: { path: '^packages/', pathNot: `${server}/lib/` },
    broken: {
      'packages/server/src/lib/a.ts': `import type { B } from '../domain/b.ts';\nexport type A = B;\n`,
      'packages/server/src/domain/b.ts': 'export type B = number;\n',
    },
  },
  {
    name: 'domain-imports-contract-and-lib',
    reason: 'Rules are decided before anybody knows who stores, serves or asks.',
    from: productIn(`${server}/domain/`),
    to: outside('domain', 'lib'),
    broken: {
      'packages/server/src/domain/a.ts': `import type { B } from '../ports/b.ts';\nexport type A = B;\n`,
      'packages/server/src/ports/b.ts': 'export type B = number;\n',
    },
  },
  {
    name: 'rules-touch-no-machine',
    reason: 'A rule that needs no clock, disk or network can be tried with values and reasoned about on paper.',
    from: productIn(`${server}/(domain|lib)/`),
    to: { dependencyTypes: ['core'], dependencyTypesNot: ['type-only'] },
    broken: {
      'packages/server/src/domain/a.ts': `import { createHash } from 'node:crypto';\nexport const a = createHash;\n`,
    },
  },
  {
    name: 'ports-import-domain',
    reason:
      'A port says what we need in our own nouns; whoever provides it depends on the port, not the other way round.',
    from: productIn(`${server}/ports/`),
    to: outside('ports', 'domain', 'lib'),
    broken: {
      'packages/server/src/ports/a.ts': `import type { B } from '../usecases/b.ts';\nexport type A = B;\n`,
      'packages/server/src/usecases/b.ts': 'export type B = number;\n',
    },
  },
  {
    name: 'inner-layers-use-no-packages',
    reason: 'What Lucarne decides must outlive any package, and a package that is not there cannot bring I/O in.',
    from: productIn(`${server}/(lib|domain|ports|usecases)/`),
    to: { path: npmPackages },
    broken: { 'packages/server/src/usecases/a.ts': `import { yaml } from 'yaml';\nexport const a = yaml;\n` },
  },
  {
    name: 'usecases-import-ports',
    reason: 'A use case reads as a recipe over ports, so that a test can stop, delay or break whatever is behind them.',
    from: productIn(`${server}/usecases/`),
    to: outside('usecases', 'ports', 'domain', 'lib'),
    broken: {
      'packages/server/src/usecases/a.ts': `import { b } from '../adapters/sql/b.ts';\nexport const a = b;\n`,
      'packages/server/src/adapters/sql/b.ts': 'export const b = 1;\n',
    },
  },
  {
    name: 'usecases-do-no-io',
    reason:
      'Disk, network and threads are behind ports; a use case that went around one could not be tested for its failure.',
    from: productIn(`${server}/(usecases|ports)/`),
    to: { path: ioModules, dependencyTypes: ['core'], dependencyTypesNot: ['type-only'] },
    broken: {
      'packages/server/src/usecases/a.ts': `import { open } from 'node:fs/promises';\nexport const a = open;\n`,
    },
  },
  {
    name: 'http-calls-usecases',
    reason: 'A handler parses, calls one use case and writes; SQL, files and options are not its business.',
    from: productIn(`${server}/http/`),
    to: outside('http', 'usecases', 'ports', 'domain', 'lib'),
    broken: {
      'packages/server/src/http/a.ts': `import { b } from '../config/b.ts';\nexport const a = b;\n`,
      'packages/server/src/config/b.ts': 'export const b = 1;\n',
    },
  },
  {
    name: 'config-imports-lib',
    reason: 'config/ reads options and knows nothing of what they do, so every part can be given its own few values.',
    from: productIn(`${server}/config/`),
    to: outside('config', 'lib'),
    broken: {
      'packages/server/src/config/a.ts': `import { b } from '../domain/b.ts';\nexport const a = b;\n`,
      'packages/server/src/domain/b.ts': 'export const b = 1;\n',
    },
  },
  {
    name: 'adapters-implement-ports',
    reason:
      'An adapter answers what a port asks; who asks, over which protocol and with which options, is not visible to it.',
    from: productIn(`${server}/adapters/`),
    to: outside('adapters', 'ports', 'domain', 'lib'),
    broken: {
      'packages/server/src/adapters/sql/a.ts': `import { b } from '../../usecases/b.ts';\nexport const a = b;\n`,
      'packages/server/src/usecases/b.ts': 'export const b = 1;\n',
    },
  },
  {
    name: 'adapter-families-are-strangers',
    reason: 'Two families that know each other can only be replaced together.',
    from: productIn(`${server}/adapters/([^/]+)/`),
    to: { path: `${server}/adapters/`, pathNot: `${server}/adapters/$1/` },
    broken: {
      'packages/server/src/adapters/sql/a.ts': `import { b } from '../hashing/b.ts';\nexport const a = b;\n`,
      'packages/server/src/adapters/hashing/b.ts': 'export const b = 1;\n',
    },
  },
  {
    name: 'stores-are-strangers',
    reason: 'Each store is a driver of its own; what two of them share belongs into the port or into lib/.',
    from: productIn(`${server}/adapters/stores/([^/]+)/`),
    to: { path: `${server}/adapters/stores/[^/]+/`, pathNot: `${server}/adapters/stores/$1/` },
    broken: {
      'packages/server/src/adapters/stores/s3/a.ts': `import { b } from '../filesystem/b.ts';\nexport const a = b;\n`,
      'packages/server/src/adapters/stores/filesystem/b.ts': 'export const b = 1;\n',
    },
  },
  {
    name: 'sql-stays-in-its-family',
    reason: 'A query outside adapters/sql would tie that place to one schema and one driver.',
    from: { path: '^packages/', pathNot: `${server}/adapters/sql/` },
    to: { path: `${sqlPackages}|^(node:)?sqlite$` },
    broken: { 'packages/server/src/main/a.ts': `import { kysely } from 'kysely';\nexport const a = kysely;\n` },
  },
  {
    name: 'fastify-stays-at-the-door',
    reason:
      'The web framework is a choice of http/ (and of main/, which starts it); the rest must survive its replacement.',
    from: { path: `${server}/`, pathNot: [`${server}/(http|main)/`] },
    to: { path: `${npmPackages}(fastify|@fastify)/` },
    broken: {
      'packages/server/src/adapters/web/a.ts': `import { fastify } from 'fastify';\nexport const a = fastify;\n`,
    },
  },
  {
    name: 'nobody-imports-main',
    reason: 'main/ is the one place that constructs things; whoever imported it would construct them a second time.',
    // The table of the personas is one; the services it is held against are others.
    from: { pathNot: `${server}/main/|^tests/keystone-personas\\.test\\.ts$` },
    to: { path: `${server}/main/` },
    broken: {
      'packages/server/src/http/a.test.ts': `import { b } from '../main/b.ts';\nexport const a = b;\n`,
      'packages/server/src/main/b.ts': 'export const b = 1;\n',
    },
  },
  {
    name: 'tests-are-black-box',
    reason:
      'tests/ must hold for a service it knows only from outside; the exceptions listed here try one rule on real files.',
    from: { path: '^tests/', pathNot: '^tests/(image-formats-qemu|keystone-personas|oslo-policy)\\.test\\.ts$' },
    to: { path: '^packages/', pathNot: '^packages/(client|contract)/src/' },
    broken: {
      'tests/a.test.ts': `import { b } from '@lucarne/server/lib/b.ts';\nexport const a = b;\n`,
      'packages/server/src/lib/b.ts': 'export const b = 1;\n',
    },
  },
  {
    name: 'product-needs-no-tests',
    reason: 'What serves users must run where tests, tools and benches are not there.',
    from: productIn('^packages/[^/]+/src/'),
    to: { path: `${tests}|^(tests|tools|bench)/` },
    broken: {
      'packages/server/src/main/a.ts': `import { b } from './b.testing.ts';\nexport const a = b;\n`,
      'packages/server/src/main/b.testing.ts': 'export const b = 1;\n',
    },
  },
  {
    name: 'product-uses-its-own-dependencies',
    reason:
      'A package that is missing from the deliverable’s own package.json is absent after an installation without dev.',
    from: productIn('^packages/[^/]+/src/'),
    to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    broken: { 'packages/server/src/main/a.ts': `import { stray } from 'stray';\nexport const a = stray;\n` },
  },
  {
    name: 'imports-lead-somewhere',
    reason: 'An import that cannot be followed hides its layer from every other rule.',
    from: {},
    to: { couldNotResolve: true },
    broken: { 'packages/server/src/main/a.ts': `import { b } from './nowhere.ts';\nexport const a = b;\n` },
  },
  {
    name: 'no-cycles',
    reason: 'Of two modules that import each other neither can be read, tested or moved alone.',
    from: {},
    to: { circular: true },
    broken: {
      'packages/server/src/main/a.ts': `import { b } from './b.ts';\nexport const a: number = b;\n`,
      'packages/server/src/main/b.ts': `import { a } from './a.ts';\nexport const b: number = a;\n`,
    },
  },
];
