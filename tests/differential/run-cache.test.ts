import { testSetup } from './setup-run.ts';

testSetup('cache');
