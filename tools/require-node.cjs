/*
 * Ends with a clear sentence when this Node cannot run TypeScript as it is. Written for Nodes of any age: `npm start` and
 * `npm test` run it first, on whatever they find.
 */
var numbers = process.versions.node.split('.').map(Number);
var major = numbers[0];
var minor = numbers[1];
var runsTypeScript = major >= 24 || (major === 23 && minor >= 6) || (major === 22 && minor >= 18);

if (!runsTypeScript) {
  console.error(
    'Lucarne needs Node 22.18 or later, and this is Node ' +
      process.versions.node +
      ': install a later one, or run ./lucarne instead of npm, which brings its own (./lucarne serve, ./lucarne test).',
  );
  process.exit(1);
}
