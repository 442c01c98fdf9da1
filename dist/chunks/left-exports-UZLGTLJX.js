import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import{y as a,z as b}from"./chunk-BMLNBNPO.js";import"./chunk-55PNPI6Q.js";export{b as finishExports,a as leftExports};
