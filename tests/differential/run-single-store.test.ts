import { testSetup } from './setup-run.ts';

testSetup('single-store');
