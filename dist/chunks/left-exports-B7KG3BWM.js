import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import{C as a,D as b}from"./chunk-AEGDSIZB.js";import"./chunk-55PNPI6Q.js";export{b as finishExports,a as leftExports};
