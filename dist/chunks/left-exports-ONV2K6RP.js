import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import{Y as a,Z as b}from"./chunk-XHTURK4M.js";import"./chunk-55PNPI6Q.js";export{b as finishExports,a as leftExports};
