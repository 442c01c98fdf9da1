import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import{b as a,c as b}from"./chunk-HMHSRUQH.js";import"./chunk-WHPUZG74.js";import"./chunk-FX2X7IPW.js";import"./chunk-SH3IGA3H.js";export{a as installBuildx,b as saveBuildx};
