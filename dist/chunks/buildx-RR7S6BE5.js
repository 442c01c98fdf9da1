import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import{b as a,c as b}from"./chunk-WOOGHPBA.js";import"./chunk-WHPUZG74.js";import"./chunk-6ZWN4RY2.js";import"./chunk-SH3IGA3H.js";export{a as installBuildx,b as saveBuildx};
