import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import{$ as b,_ as a}from"./chunk-A7HP5G5S.js";import"./chunk-55PNPI6Q.js";export{b as finishExports,a as leftExports};
