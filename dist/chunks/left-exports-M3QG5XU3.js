import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import{ea as a,fa as b}from"./chunk-6YKA4ZPP.js";import"./chunk-WP77GLGR.js";export{b as finishExports,a as leftExports};
