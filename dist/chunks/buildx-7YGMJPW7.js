import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import{b as a,c as b}from"./chunk-PZ7DPE7N.js";import"./chunk-WHPUZG74.js";import"./chunk-F5NFSLCJ.js";import"./chunk-SH3IGA3H.js";export{a as installBuildx,b as saveBuildx};
