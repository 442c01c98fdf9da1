import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import{w as a,x as b}from"./chunk-TCLMQMEJ.js";import"./chunk-55PNPI6Q.js";export{b as finishExports,a as leftExports};
