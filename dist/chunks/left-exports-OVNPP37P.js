import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import{$ as a,aa as b}from"./chunk-XCIUI56R.js";import"./chunk-55PNPI6Q.js";export{b as finishExports,a as leftExports};
