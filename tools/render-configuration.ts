/**
 * Writes the sample configuration file and the reference page of all options. Run it after a change to the options:
 * `node tools/render-configuration.ts`. A unit test notices when it was forgotten.
 */
import { writeFileSync } from 'node:fs';
import { allOptions } from '@lucarne/server/config/options/all-options.ts';
import { renderOptionsPage } from '@lucarne/server/config/render-options-page.ts';
import { renderSample } from '@lucarne/server/config/render-sample.ts';

writeFileSync(new URL('../etc/lucarne.conf.sample', import.meta.url), renderSample(allOptions));
writeFileSync(new URL('../docs/configuration.md', import.meta.url), renderOptionsPage(allOptions));
