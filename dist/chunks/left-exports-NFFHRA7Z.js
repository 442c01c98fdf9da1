import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import{v as a,w as b}from"./chunk-BN2G7MY4.js";import"./chunk-55PNPI6Q.js";export{b as finishExports,a as leftExports};
