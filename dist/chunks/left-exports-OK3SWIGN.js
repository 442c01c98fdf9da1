import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import{ca as a,da as b}from"./chunk-QDBITZKA.js";import"./chunk-PV7TT2FH.js";export{b as finishExports,a as leftExports};
