import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import{da as a,ea as b}from"./chunk-D4MK5DRQ.js";import"./chunk-KQ364J5I.js";import"./chunk-WF2O5RMF.js";import"./chunk-ZLWXO3UL.js";import"./chunk-CE5J4LAT.js";import"./chunk-UTKJWXLB.js";import"./chunk-55PNPI6Q.js";export{b as finishExports,a as leftExports};
