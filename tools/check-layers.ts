/**
 * Checks the imports of the tree against `layer-rules.ts`, after proving that each rule can fail: every rule's planted
 * violation must be reported, and a scan that sees fewer modules than there are files is an error. (dependency-cruiser
 * finds nothing and is content when its parser does not fit the sources.)
 */
import { globSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { cruise } from 'dependency-cruiser';
import type { ICruiseResult, IForbiddenRuleType } from 'dependency-cruiser';
import { layerRules } from './layer-rules.ts';
import type { LayerRule } from './layer-rules.ts';

const extensions = ['.ts', '.mts', '.js', '.mjs', '.cjs', '.json'];
const folders = ['packages', 'tests', 'bench', 'tools'];
const deliverables = ['contract', 'client', 'identity-lite', 'server'];
/** Packages that planted files import; `stray` is in nobody's package.json. */
const plantedPackages = ['fastify', 'kysely', 'yaml', 'stray'];
const plantedDependencies = { fastify: '1.0.0', kysely: '1.0.0', yaml: '1.0.0' };

interface Violation {
  readonly rule: string;
  readonly from: string;
  /** What it imports; for a cycle the whole way round. */
  readonly to: string;
}

interface Scan {
  readonly modules: ReadonlySet<string>;
  readonly violations: readonly Violation[];
}

async function scan(root: string, rules: readonly LayerRule[]): Promise<Scan> {
  const result = await cruise(
    folders.filter((folder) => globSync(`${folder}/**/*.ts`, { cwd: root }).length > 0),
    {
      baseDir: root,
      parser: 'swc',
      tsPreCompilationDeps: true,
      doNotFollow: { path: 'node_modules' },
      exclude: { path: '(^|/)dist/' },
      validate: true,
      ruleSet: { forbidden: rules.map(forbid) },
      enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'], extensions },
    },
  );
  const { modules, summary } = readResult(result.output);
  return {
    modules: new Set(modules.map((module) => module.source)),
    violations: summary.violations.map((violation) => ({
      rule: violation.rule.name,
      from: violation.from,
      to: violation.cycle?.map(({ name }) => name).join('\n  which imports ') ?? violation.to,
    })),
  };
}

function readResult(output: ICruiseResult | string): ICruiseResult {
  if (typeof output === 'string') throw new Error('dependency-cruiser answered with a report instead of its data');
  return output;
}

function forbid({ name, reason, from, to }: LayerRule): IForbiddenRuleType {
  // The driver's types ask for mutable arrays; it does not change them.
  return { name, comment: reason, severity: 'error', from, to } as IForbiddenRuleType;
}

function writeTree(root: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}

/** A tree with the deliverables' outlines and the packages that planted files import, but none of our code. */
function outlines(): Record<string, string> {
  const files: Record<string, string> = { 'package.json': JSON.stringify({ name: 'planted', type: 'module' }) };
  for (const name of deliverables) {
    const text = JSON.stringify({
      name: `@lucarne/${name}`,
      type: 'module',
      exports: { './*.ts': './src/*.ts' },
      dependencies: plantedDependencies,
    });
    files[`packages/${name}/package.json`] = text;
  }
  for (const name of plantedPackages) {
    files[`node_modules/${name}/package.json`] = JSON.stringify({ name, type: 'module', main: 'index.js' });
    files[`node_modules/${name}/index.js`] = `export const ${name} = 1;\n`;
  }
  return files;
}

function plantViolations(root: string, rule: LayerRule): void {
  writeTree(root, { ...outlines(), ...rule.broken });
  mkdirSync(join(root, 'node_modules/@lucarne'));
  for (const name of deliverables) symlinkSync(join(root, 'packages', name), join(root, 'node_modules/@lucarne', name));
}

/** The rules that stay silent about the very file that was planted to break them. */
async function findSilentRules(): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'lucarne-layers-'));
  const silent: string[] = [];
  try {
    for (const rule of layerRules) {
      const root = join(folder, rule.name);
      plantViolations(root, rule);
      // One after the other: dependency-cruiser keeps what it resolved in the module.
      const { violations } = await scan(root, layerRules);
      const [culprit] = Object.keys(rule.broken);
      if (!violations.some((violation) => violation.rule === rule.name && violation.from === culprit))
        silent.push(rule.name);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  return silent;
}

function describeViolation({ rule, from, to }: Violation): string {
  const reason = layerRules.find(({ name }) => name === rule)?.reason ?? '';
  return `${from}\n  imports ${to}\n  ${rule}: ${reason}`;
}

async function findProblems(root: string): Promise<string[]> {
  const silent = await findSilentRules();
  if (silent.length > 0) return silent.map((name) => `The rule ${name} did not report the file planted to break it.`);
  const files = folders.flatMap((folder) =>
    globSync(`${folder}/**/*.ts`, { cwd: root, exclude: ['**/node_modules', '**/dist'] }),
  );
  const { modules, violations } = await scan(root, layerRules);
  const unseen = files.filter((path) => !modules.has(path));
  if (unseen.length > 0) return [`The scan did not see ${unseen.length} of the files, among them ${unseen[0]}.`];
  return violations.map(describeViolation);
}

const problems = await findProblems(join(import.meta.dirname, '..'));
for (const problem of problems) console.error(`${problem}\n`);
if (problems.length > 0) process.exitCode = 1;
else console.log(`${layerRules.length} rules hold, and each of them can fail.`);
