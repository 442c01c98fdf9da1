import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import{ba as a,ca as b}from"./chunk-LWRZVJK4.js";import"./chunk-WP77GLGR.js";export{b as finishExports,a as leftExports};
