import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import{ba as a,ca as b}from"./chunk-NO6IC4ET.js";import"./chunk-WP77GLGR.js";export{b as finishExports,a as leftExports};
