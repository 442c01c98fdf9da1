import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import{$ as a,aa as b}from"./chunk-WTYT3VGM.js";import"./chunk-WP77GLGR.js";export{b as finishExports,a as leftExports};
