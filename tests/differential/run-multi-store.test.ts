import { testSetup } from './setup-run.ts';

testSetup('multi-store');
