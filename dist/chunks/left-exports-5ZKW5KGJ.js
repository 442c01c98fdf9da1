import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import{ea as a,fa as b}from"./chunk-NSF5YKW3.js";import"./chunk-H4O7ZAM5.js";export{b as finishExports,a as leftExports};
