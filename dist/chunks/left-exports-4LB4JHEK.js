import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import{ba as a,ca as b}from"./chunk-KX6PMMVJ.js";import"./chunk-PV7TT2FH.js";export{b as finishExports,a as leftExports};
