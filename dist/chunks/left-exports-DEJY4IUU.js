import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import{L as a,M as b}from"./chunk-YRF6LF52.js";import"./chunk-55PNPI6Q.js";export{b as finishExports,a as leftExports};
