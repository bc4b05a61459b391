import { testSetup } from './setup-run.ts';

testSetup('lost-store');
