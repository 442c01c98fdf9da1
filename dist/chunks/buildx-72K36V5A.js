import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import{b as a,c as b}from"./chunk-REQCO2M6.js";import"./chunk-MOXVN7ZZ.js";import"./chunk-O7D72RDE.js";import"./chunk-55PNPI6Q.js";export{a as installBuildx,b as saveBuildx};
