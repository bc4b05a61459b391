/**
 * Builds what a browser loads: `lucarne-client.js`, one module without dependencies, and its types beside it.
 *
 * Run with `npm run build -w @lucarne/client` for `dist/`, or `node packages/client/build.ts FOLDER` for another folder.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import process from 'node:process';
import { operations } from '@lucarne/contract/operations.ts';
import { rolldown } from 'rolldown';
import type { Plugin } from 'rolldown';

const packageFolder = import.meta.dirname;
const packagesFolder = dirname(packageFolder);
const distFolder = resolve(process.argv[2] ?? join(packageFolder, 'dist'));
const typesFolder = join(distFolder, 'types');
const entry = join(packageFolder, 'src', 'bundle.ts');

/** Of the operation table only what a request is made of: the rest is twice as much as all of the client's code. */
const shortOperationTable: Plugin = {
  name: 'short-operation-table',
  load(file) {
    if (file !== join(packagesFolder, 'contract', 'src', 'operations.ts')) return null;
    const rows = operations.map(({ id, method, path }) => ({ id, method, path }));
    return `export const operations = ${JSON.stringify(rows)};
      const operationsById = new Map(operations.map((operation) => [operation.id, operation]));
      export function operationById(id) { return operationsById.get(id); }`;
  },
};

async function buildModule(): Promise<void> {
  const bundle = await rolldown({ input: entry, platform: 'browser', plugins: [shortOperationTable] });
  await bundle.write({ file: join(distFolder, 'lucarne-client.js'), format: 'esm', minify: true, sourcemap: true });
  await bundle.close();
}

/** Declarations of this package and of the contract, side by side below `types/`. */
function emitTypes(): void {
  const compiler = join(dirname(packagesFolder), 'node_modules', '.bin', 'tsc');
  const options = ['--declaration', '--emitDeclarationOnly', '--noEmit', 'false'];
  const language = ['--target', 'es2024', '--module', 'nodenext', '--strict', '--skipLibCheck', '--types', 'node'];
  const layout = ['--allowImportingTsExtensions', '--rootDir', packagesFolder, '--outDir', typesFolder];
  // Named, because the compiler takes what it finds through node_modules for somebody else's and writes nothing.
  const contract = sourcesBelow(join(packagesFolder, 'contract', 'src'));
  const lib = ['--lib', 'es2024,dom,dom.iterable'];
  const files = [...contract, entry];
  // With this Node, which need not be the one in the path, nor need there be one.
  execFileSync(process.execPath, [compiler, '--ignoreConfig', ...options, ...language, ...lib, ...layout, ...files], {
    stdio: 'inherit',
  });
}

function sourcesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .map((name) => join(folder, name));
}

/** Makes the declarations find each other without the contract being installed. */
function linkTypes(): void {
  for (const name of readdirSync(typesFolder, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.d.ts')) continue;
    const file = join(typesFolder, name);
    const contract = relative(dirname(file), join(typesFolder, 'contract', 'src'));
    const text = readFileSync(file, 'utf8')
      .replaceAll(/(['"])@lucarne\/contract\/([\w/-]+)\.ts\1/g, `'${contract}/$2.js'`)
      .replaceAll(/(from |import\()(['"])(\.[\w./-]+)\.ts\2/g, "$1'$3.js'");
    writeFileSync(file, text);
  }
  writeFileSync(join(distFolder, 'lucarne-client.d.ts'), "export * from './types/client/src/bundle.js';\n");
}

// Declarations of sources that are gone would stay; everything else is written anew.
rmSync(typesFolder, { recursive: true, force: true });
await buildModule();
emitTypes();
linkTypes();
