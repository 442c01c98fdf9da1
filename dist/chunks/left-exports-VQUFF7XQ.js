import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import{aa as a,ba as b}from"./chunk-DT24GCVY.js";import"./chunk-PV7TT2FH.js";export{b as finishExports,a as leftExports};
